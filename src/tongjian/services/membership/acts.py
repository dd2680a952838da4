"""The verbs of membership: who founds, appoints, enrols, activates and ends."""

"""Why a credential is not accepted: what is wrong, and by which rule of which standard."""


class CredentialRefused(Exception):
    """A credential that does not hold; subclasses say in which respect."""

    def __init__(self, what: str, rule: str) -> None:
        """Take what is wrong, in words, and the clause that says so."""
        super().__init__(f"{what} ({rule})")
        self.what = what
        self.rule = rule


class CredentialMalformed(CredentialRefused):
    """A text that is no document of its standard: it says nothing, so nothing follows from it."""


class ProofInvalid(CredentialRefused):
    """A signature, a digest or a binding that does not hold."""


class OutsidePeriod(CredentialRefused):
    """A document that is not valid yet, or not any more, at the moment in question."""


class StatusRefused(CredentialRefused):
    """A credential revoked or suspended by its issuer, or whose status cannot be known."""

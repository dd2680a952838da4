"""The constitution of the network: offices, officers, keys, active services, parameters, seals.

Membership writes the tables that the kernel itself reads (`tongjian.core.directory`); each change
holds from the next block on. Law: Data Security Law art. 6, 27; Government Data Sharing Regulation;
Electronic Signature Law art. 13 to 16. Not here: what the offices do with their roles.
"""

from tongjian.services.membership.records import service

__all__ = ["service"]

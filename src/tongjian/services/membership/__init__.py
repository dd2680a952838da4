"""The constitution of the network: offices, officers, keys, active services, parameters, seals.

Membership writes the tables that the kernel itself reads (`tongjian.core.directory`); each change
holds from the next block on. Law: Data Security Law art. 6, 39; Cybersecurity Law art. 23;
Electronic Signature Law art. 13, 15; Legislation Law art. 104. Not here: what offices do with their
roles.
"""

from tongjian.services.membership.records import service

__all__ = ["service"]

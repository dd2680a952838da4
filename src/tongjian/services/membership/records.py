"""The nouns of membership: the kernel's own tables, and why a change of them is refused."""

from typing import Final

from tongjian.core.directory import DIRECTORY_TABLES
from tongjian.core.operation import RefusalCode, Service


class Refusal(RefusalCode):
    """Why a change of the constitution is refused, in order of precedence."""

    OFFICE_UNKNOWN = 1, "No office has this code."


service: Final = Service("membership", Refusal, DIRECTORY_TABLES)

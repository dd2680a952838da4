"""What a receipt of the ledger proves of one credential: its type, issuer, key, record and status.

The rows name no holder; whoever brings the receipt may be anybody, the holder included.
"""

import re
from typing import Any, Final, NamedTuple

from tongjian.connectors.credentials.documents import quoted
from tongjian.connectors.credentials.errors import CredentialMalformed
from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import Json
from tongjian.core.block import Header
from tongjian.core.encoding import Malformed
from tongjian.core.operation import AnyTable
from tongjian.services.identity.exchange_credentials import did_of, office_of, type_url
from tongjian.services.identity.records_credentials import (
    CHUNK_ENTRIES,
    CREDENTIALS,
    DID_KEYS,
    DIDS,
    ISSUERS,
    STATUS_CHUNKS,
    TYPES,
    Credential,
    CredentialType,
    Did,
    DidKey,
    Issuer,
    StatusChunk,
)
from tongjian.verifier.receipt import AbsenceStatement, RowStatement, Verified

_METHOD: Final = re.compile(r"(?P<did>[^#]{1,200})#key-(?P<key>[1-9][0-9]{0,3})", re.ASCII)
_TYPE: Final = re.compile(
    r"urn:tongjian:credential:(?P<name>[a-z][a-z0-9_]{0,31}):(?P<version>[1-9][0-9]{0,3})", re.ASCII
)
_LIST: Final = re.compile(
    r"https://[^/]{1,64}/offices/[^/]{18}/status/(?P<list>0|[1-9][0-9]{0,3})/[a-z]{1,16}", re.ASCII
)
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,5}", re.ASCII)
_RULE: Final = "form of credentials of this ledger, services/identity/README.md"


class Place(NamedTuple):
    """Where a credential says that it stands on the ledger; nothing of it is verified."""

    host: str
    office: str
    key: int
    kind: str
    version: int
    list_number: int
    position: int
    """In the list."""

    @property
    def did(self) -> str:
        """The identifier of the issuing office."""
        return did_of(self.host, self.office)

    @property
    def method(self) -> str:
        """The URL of the key that signed."""
        return method_of(self.did, self.key)

    @property
    def type_url(self) -> str:
        """The URL of the version of the type."""
        return type_url(self.kind, self.version)

    def rows(self) -> list[bytes]:
        """Return the keys of the rows that a receipt must show, or show to be absent."""
        return [
            TYPES.key(self.kind, self.version),
            ISSUERS.key(self.kind, self.office),
            DIDS.key(self.office),
            DID_KEYS.key(self.office, self.key),
            CREDENTIALS.key(self.office, self.list_number, self.position),
            STATUS_CHUNKS.key(self.office, self.list_number, self.position // CHUNK_ENTRIES),
        ]


class Registered(NamedTuple):
    """What a receipt that holds proves of a place; none where it proves that there is no row."""

    header: Header
    type: CredentialType | None
    issuer: Issuer | None
    did: Did | None
    key: DidKey | None
    credential: Credential | None
    chunk: StatusChunk | None


def method_of(did: str, key: int) -> str:
    """Return the URL of a key of an office's identifier."""
    return f"{did}#key-{key}"


def place_of(method: Any, named: Any, status: Any) -> Place:
    """Return the place that a credential names; raises `CredentialMalformed`.

    Args:
        method: URL of the key: `kid`, or the proof's `verificationMethod`.
        named: `vct`, or the one URL of a type of this ledger among `type`.
        status: `credentialStatus`.
    """
    found = _matched(_METHOD, method, "the key of the issuer")
    who = office_of(found["did"])
    if who is None:
        raise CredentialMalformed(f"{quoted(found['did'])} is no office's identifier", _RULE)
    names = [one for one in named if _is_type(one)] if is_list(named) else [named]
    if len(names) != 1:
        raise CredentialMalformed("the credential is not of one type of this ledger", _RULE)
    named_type = _matched(_TYPE, names[0], "the type")
    entries = status if is_list(status) else [status]
    places = {_entry(entry) for entry in entries}
    if len(places) != 1:
        raise CredentialMalformed("the statuses are not of one place in one list", _RULE)
    ((number, index),) = places
    return Place(
        host=who[0],
        office=who[1],
        key=int(found["key"]),
        kind=named_type["name"],
        version=int(named_type["version"]),
        list_number=number,
        position=index,
    )


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and _TYPE.fullmatch(value) is not None


def _entry(entry: Any) -> tuple[int, int]:
    held: Json = entry if is_object(entry) else {}
    url = _matched(_LIST, held.get("statusListCredential"), "the status list")
    index = _matched(_INDEX, held.get("statusListIndex"), "the index in the status list")
    return int(url["list"]), int(index[0])


def _matched(pattern: re.Pattern[str], value: Any, what: str) -> re.Match[str]:
    found = pattern.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise CredentialMalformed(f"{what} is {quoted(value)}, none of this ledger", _RULE)
    return found


def read_registered(verified: Verified, place: Place) -> Registered:
    """Return what a receipt proves of a place.

    Raises `CredentialMalformed` for a receipt that is silent on one of the rows.
    """
    shown: dict[bytes, bytes | None] = {}
    for statement in verified.statements:
        if isinstance(statement, RowStatement):
            shown[verified.entries[statement.entry].key] = statement.value
        elif isinstance(statement, AbsenceStatement):
            shown[statement.key] = None
    tables: tuple[AnyTable, ...] = (TYPES, ISSUERS, DIDS, DID_KEYS, CREDENTIALS, STATUS_CHUNKS)
    rows = [_row(table, shown, key) for table, key in zip(tables, place.rows(), strict=True)]
    return Registered(verified.header, *rows)


def _row(table: AnyTable, shown: dict[bytes, bytes | None], key: bytes) -> Any:
    if key not in shown:
        msg = f"the receipt is silent on the row in {table.name}: ask for one of this credential"
        raise CredentialMalformed(msg, _RULE)
    value = shown[key]
    try:
        return None if value is None else table.codec.decode(value)
    except Malformed as error:
        msg = f"a row of {table.name} cannot be read by this release: {error}"
        raise CredentialMalformed(msg, _RULE) from error

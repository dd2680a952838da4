"""The nouns of certificates: anchors that the network trusts, certificates of keys, their status.

Rows hold digests and times: a certificate names its holder, so it stays in the office's files, and
whoever is shown the file finds its digest here (Electronic Signature Law art. 16, 21, 22).
"""

from typing import Annotated, Final, Literal

from msgspec import Meta

from tongjian.core.operation import BYTES16, BYTES32, Event, Row, Table
from tongjian.core.values import Digest, KeyId, OfficerId, TimeMs

CERTIFICATES_PER_KEY_MAX: Final = 16

StatusKind = Literal["crl", "ocsp"]
"""A list of revoked certificates (RFC 5280, 5) or the answer about one (RFC 6960)."""
RevokedMs = Annotated[
    TimeMs | None, Meta(description="Since when the certificate is revoked; none while it is good.")
]


class Anchor(Row):
    """A root certificate that the network trusts to vouch for certificates of keys."""

    until_ms: TimeMs
    """From then on no certificate is recorded under it."""


class Certificate(Row):
    """A certificate of an enrolled key, as two persons of the office found it to hold."""

    serial: Digest
    """Of issuer and serial number, by which a list of revoked certificates is searched."""
    chain: Digest
    """Of the certificates from this one to the anchor."""
    anchor: Digest
    from_ms: TimeMs
    until_ms: TimeMs
    key_until_ms: TimeMs
    """When the key itself was to end, before any certificate bound it."""
    recorded_ms: TimeMs


class CertificateStatus(Row):
    """What an authority said of a certificate, in evidence that the office keeps."""

    kind: StatusKind
    this_ms: TimeMs
    """When the authority knew it."""
    next_ms: TimeMs
    """When it would know more."""
    revoked_ms: RevokedMs
    recorded_ms: TimeMs


ANCHORS: Final[Table[Anchor, bytes]] = Table("membership.anchors", Anchor, (BYTES32,))
CERTIFICATES: Final[Table[Certificate, bytes, bytes]] = Table(
    "membership.certificates", Certificate, (BYTES16, BYTES32)
)
STATUSES: Final[Table[CertificateStatus, bytes, bytes, bytes]] = Table(
    "membership.statuses", CertificateStatus, (BYTES16, BYTES32, BYTES32)
)


class AnchorTrusted(Event, tag="membership.anchor_trusted"):
    """Certificates below a root may be recorded until a moment."""

    anchor: Digest
    until_ms: TimeMs


class CertificateRecorded(Event, tag="membership.certificate_recorded"):
    """An enrolled key has a certificate."""

    key: KeyId
    officer: OfficerId
    certificate: Digest
    from_ms: TimeMs
    until_ms: TimeMs
    key_until_ms: TimeMs
    """When the key ends now."""


class StatusRecorded(Event, tag="membership.status_recorded"):
    """What an authority said of a certificate is on the ledger."""

    key: KeyId
    certificate: Digest
    evidence: Digest
    this_ms: TimeMs
    next_ms: TimeMs
    revoked_ms: RevokedMs

"""A time-stamp authority for tests: root, intermediate, and tokens with any fault one asks for."""

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding

NOW: Final = dt.datetime(2026, 9, 2, 2, 14, tzinfo=dt.UTC)
NOW_MS: Final = int(NOW.timestamp() * 1000)
STAMPING: Final = x509.oid.ExtendedKeyUsageOID.TIME_STAMPING
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def name_of(text: str) -> x509.Name:
    """Return a name of an authority that nobody has."""
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


@dataclass
class Authority:
    """One certificate with its key, which may issue others."""

    name: str
    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)


def authority(name: str, issuer: Authority | None = None, **faults: Any) -> Authority:
    """Make a certificate: `ca`, `usage`, `critical`, `years`, `path`, `rsa` say what it is."""
    key: Key = (
        rsa.generate_private_key(65537, faults["rsa"])
        if "rsa" in faults
        else ec.generate_private_key(ec.SECP256R1())
    )
    year = dt.timedelta(days=365)
    low, high = faults.get("years", (-1, 5))
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(name))
        .issuer_name(name_of(issuer.name if issuer else name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + low * year)
        .not_valid_after(NOW + high * year)
    )
    is_ca = faults.get("ca", True)
    builder = builder.add_extension(
        x509.BasicConstraints(is_ca, faults.get("path") if is_ca else None), critical=True
    )
    usage = faults.get("usage", None if is_ca else [STAMPING])
    if usage is not None:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage(usage), critical=faults.get("critical", True)
        )
    if faults.get("strange"):
        strange = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
        builder = builder.add_extension(strange, critical=True)
    signer = issuer.key if issuer else key
    return Authority(name, builder.sign(signer, hashes.SHA256()), key)


@dataclass
class Tsa:
    """A root, an intermediate authority and a signer of time stamps."""

    root: Authority = field(default_factory=lambda: authority("root"))
    middle: Authority = field(init=False)
    leaf: Authority = field(init=False)

    def __post_init__(self) -> None:
        self.middle = authority("middle", self.root)
        self.leaf = authority("stamps", self.middle, ca=False)

    def stamp(self, data: bytes, **faults: Any) -> bytes:
        """Return a token over data; each fault is one thing that a forger would change."""
        hash_name = faults.get("hash", "sha256")
        info = self._info(data, hash_name, faults)
        leaf: Authority = faults.get("leaf", self.leaf)
        attributes = self._attributes(info, leaf, hash_name, faults)
        signed = cms.CMSAttributes(attributes).dump()
        if faults.get("altered_info"):
            info = self._info(b"other data", hash_name, faults)
        signer: dict[str, Any] = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {
                    "issuer": asn1_x509.Certificate.load(leaf.der).issuer,
                    "serial_number": leaf.certificate.serial_number,
                },
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": _algorithm(leaf.key)},
            "signature": _sign(leaf.key, signed, faults),
        }
        carried = faults.get("carried", [leaf, self.middle])
        content = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info),
                },
                "certificates": [asn1_x509.Certificate.load(each.der) for each in carried],
                "signer_infos": [signer] * faults.get("signers", 1),
            }
        )
        token: bytes = cms.ContentInfo({"content_type": "signed_data", "content": content}).dump()
        return token

    def respond(self, data: bytes, status: str = "granted", **faults: Any) -> bytes:
        """Return a whole response, as an authority sends it."""
        if status != "granted":
            return b"\x30\x05\x30\x03\x02\x01\x02"  # status 2, rejection, and no token
        token = cms.ContentInfo.load(self.stamp(data, **faults))
        response: bytes = tsp.TimeStampResp(
            {"status": {"status": status}, "time_stamp_token": token}
        ).dump()
        return response

    def _info(self, data: bytes, hash_name: str, faults: dict[str, Any]) -> bytes:
        fields: dict[str, Any] = {
            "version": "v1",
            "policy": "1.2.3.4.1",
            "message_imprint": {
                "hash_algorithm": {"algorithm": hash_name},
                "hashed_message": hashlib.new(hash_name, data).digest(),
            },
            "serial_number": 7,
            "gen_time": faults.get("at", NOW),
            "accuracy": {"seconds": 1, "millis": 500},
        }
        if faults.get("critical_extension"):
            fields["extensions"] = [
                {"extn_id": "1.2.3.4.5", "critical": True, "extn_value": b"\x05\x00"}
            ]
        info: bytes = tsp.TSTInfo(fields).dump()
        return info

    def _attributes(
        self, info: bytes, leaf: Authority, hash_name: str, faults: dict[str, Any]
    ) -> list[Any]:
        digest = hashlib.sha256(info).digest()
        named: Authority = faults.get("named", leaf)
        certificate = tsp.SigningCertificateV2(
            {
                "certs": [
                    {
                        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                        "cert_hash": hashlib.sha256(named.der).digest(),
                    }
                ]
            }
        )
        given: dict[str, Any] = {
            "content_type": faults.get("content_type", "tst_info"),
            "message_digest": digest,
            "signing_certificate_v2": certificate,
        }
        for name in faults.get("without", ()):
            del given[name]
        found = [cms.CMSAttribute({"type": name, "values": [v]}) for name, v in given.items()]
        return [*found, *(found[:1] if faults.get("twice") else [])]


def _algorithm(key: Key) -> str:
    return "sha256_rsa" if isinstance(key, rsa.RSAPrivateKey) else "sha256_ecdsa"


def _sign(key: Key, message: bytes, faults: dict[str, Any]) -> bytes:
    if faults.get("unsigned"):
        message += b"!"
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, PKCS1v15(), hashes.SHA256())
    return key.sign(message, ec.ECDSA(hashes.SHA256()))

"""A time-stamp authority with SM2 and SM3 (GB/T 20520, GB/T 20518), for tests."""

import datetime as dt
import hashlib
from typing import Any, Final

from asn1crypto import algos, cms, core, tsp, x509
from tsa import NOW

from tongjian.verifier import sm2

CURVE: Final = "1.2.156.10197.1.301"
WITH_SM3: Final = "1.2.156.10197.1.501"
SM3: Final = "1.2.156.10197.1.401"


def _certificate(
    name: str, public: bytes, issuer: str, secret: bytes, extensions: list[dict[str, Any]]
) -> bytes:
    year = dt.timedelta(days=365)
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": 7,
            "signature": {"algorithm": WITH_SM3},
            "issuer": x509.Name.build({"common_name": issuer}),
            "validity": {
                "not_before": x509.Time({"utc_time": NOW - year}),
                "not_after": x509.Time({"utc_time": NOW + 5 * year}),
            },
            "subject": x509.Name.build({"common_name": name}),
            "subject_public_key_info": {
                "algorithm": {"algorithm": "ec", "parameters": ("named", CURVE)},
                "public_key": public,
            },
            "extensions": extensions,
        }
    )
    certificate: bytes = x509.Certificate(
        {
            "tbs_certificate": body,
            "signature_algorithm": {"algorithm": WITH_SM3},
            "signature_value": sm2.der_from_raw(sm2.sign(secret, body.dump())),
        }
    ).dump()
    return certificate


class Sm2Tsa:
    """A root and a signer of time stamps."""

    def __init__(self) -> None:
        root_secret, root_public = sm2.generate_key()
        self._secret, public = sm2.generate_key()
        is_ca = {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": True}}
        stamps = {
            "extn_id": "extended_key_usage",
            "critical": True,
            "extn_value": ["time_stamping"],
        }
        self.root = _certificate("sm2 root", root_public, "sm2 root", root_secret, [is_ca])
        self.leaf = _certificate("sm2 stamps", public, "sm2 root", root_secret, [stamps])

    def stamp(self, data: bytes) -> bytes:
        """Return a token over data."""
        info = tsp.TSTInfo(
            {
                "version": "v1",
                "policy": "1.2.3.4.1",
                "message_imprint": {
                    "hash_algorithm": {"algorithm": SM3},
                    "hashed_message": hashlib.new("sm3", data).digest(),
                },
                "serial_number": 9,
                "gen_time": NOW,
            }
        ).dump()
        named = {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": SM3}),
            "cert_hash": hashlib.new("sm3", self.leaf).digest(),
        }
        given = {
            "content_type": "tst_info",
            "message_digest": hashlib.new("sm3", info).digest(),
            "signing_certificate_v2": tsp.SigningCertificateV2({"certs": [named]}),
        }
        attributes = [cms.CMSAttribute({"type": n, "values": [v]}) for n, v in given.items()]
        message = cms.CMSAttributes(attributes).dump()
        leaf = x509.Certificate.load(self.leaf)
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                {"issuer": leaf.issuer, "serial_number": leaf.serial_number},
            ),
            "digest_algorithm": {"algorithm": SM3},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": WITH_SM3},
            "signature": sm2.der_from_raw(sm2.sign(self._secret, message)),
        }
        content = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": SM3}],
                "encap_content_info": {
                    "content_type": "tst_info",
                    "content": core.ParsableOctetString(info),
                },
                "certificates": [leaf],
                "signer_infos": [signer],
            }
        )
        token: bytes = cms.ContentInfo({"content_type": "signed_data", "content": content}).dump()
        return token

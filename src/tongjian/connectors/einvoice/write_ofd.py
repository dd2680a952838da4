"""Write a sealed OFD invoice: for tests and for the demonstration city.

The certificates are made here and name nobody real, so whoever reads the file says that the
chain is not verified. The page shows the number and the total only: it is not a printed form.
"""

import base64
import dataclasses
import datetime as dt
import io
import zipfile
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from tongjian.connectors.einvoice import ses
from tongjian.connectors.einvoice.asn1 import x509
from tongjian.connectors.einvoice.document import sm3
from tongjian.connectors.einvoice.ofd import NAMESPACE
from tongjian.connectors.einvoice.write import Draft, write_e_invoice
from tongjian.verifier import sm2

_CURVE: Final = "1.2.156.10197.1.301"
_YEARS: Final = dt.timedelta(days=3650)
_STAMP: Final = (2026, 1, 1, 0, 0, 0)
"""Time in the ZIP directory: always the same, for it says nothing."""
_PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)
_SIGNATURE: Final = "Doc_0/Signs/Sign_0/Signature.xml"
_VALUE: Final = "Doc_0/Signs/Sign_0/SignedValue.dat"


@dataclasses.dataclass(frozen=True, slots=True)
class Sealer:
    """A maker of seals and the holder of one, with certificates that they signed themselves."""

    seal_name: str
    maker_secret: bytes = dataclasses.field(repr=False)
    signer_secret: bytes = dataclasses.field(repr=False)
    maker_der: bytes
    signer_der: bytes
    seal_der: bytes


def make_sealer(seal_name: str, start: dt.datetime) -> Sealer:
    """Make keys, certificates and a seal of ten years from `start` (with its zone)."""
    maker_secret, maker_public = sm2.generate_key()
    signer_secret, signer_public = sm2.generate_key()
    maker = make_certificate(f"{seal_name} (maker)", maker_secret, maker_public, start)
    signer = make_certificate(seal_name, signer_secret, signer_public, start)
    seal = make_seal(seal_name, maker_secret, maker, signer, start)
    return Sealer(seal_name, maker_secret, signer_secret, maker, signer, seal)


def make_certificate(name: str, secret: bytes, public: bytes, start: dt.datetime) -> bytes:
    """Write a certificate of SM2 with SM3 that its subject signed, valid for ten years."""
    who = x509.Name.build({"country_name": "CN", "common_name": name})
    algorithm = {"algorithm": ses.SM2_WITH_SM3}
    body = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": int.from_bytes(sm3(public)[:8], "big") >> 1,
            "signature": algorithm,
            "issuer": who,
            "validity": {
                "not_before": x509.Time({"utc_time": start}),
                "not_after": x509.Time({"utc_time": start + _YEARS}),
            },
            "subject": who,
            "subject_public_key_info": {
                "algorithm": {"algorithm": "ec", "parameters": ("named", _CURVE)},
                "public_key": public,
            },
        }
    )
    signature = sm2.der_from_raw(sm2.sign(secret, body.dump()))
    return _dump(
        x509.Certificate(
            {
                "tbs_certificate": body,
                "signature_algorithm": algorithm,
                "signature_value": signature,
            }
        )
    )


def make_seal(
    name: str, maker_secret: bytes, maker: bytes, signer: bytes, start: dt.datetime
) -> bytes:
    """Write a seal of version 4 that the holder of one certificate may use, for ten years."""
    info = ses.SEAL_INFO(
        {
            "header": {"id": "ES", "version": 4, "vid": "TONGJIAN"},
            "seal_id": sm3(signer).hex()[:32],
            "property": {
                "type": 1,
                "name": name,
                "cert_list_type": 1,
                "cert_list": ses.CERTS([signer]),
                "created": _time(start),
                "valid_from": _time(start),
                "valid_until": _time(start + _YEARS),
            },
            "picture": {"type": "png", "data": _PIXEL, "width": 30, "height": 20},
        }
    )
    return _dump(
        ses.SEAL(
            {
                "info": info,
                "cert": maker,
                "algorithm": ses.SM2_WITH_SM3,
                "signature": sm2.der_from_raw(sm2.sign(maker_secret, info.dump())),
            }
        )
    )


def write_ofd(draft: Draft, sealer: Sealer, at: dt.datetime) -> bytes:
    """Write the draft as a sealed OFD invoice; `at` is the time of sealing, with its zone."""
    files = _contents(draft)
    files |= seal_files(files, sealer, at)
    return pack(files)


def seal_files(files: dict[str, bytes], sealer: Sealer, at: dt.datetime) -> dict[str, bytes]:
    """Return the files of a seal over all given files but the entry."""
    covered = sorted(files.keys() - {"OFD.xml"})
    references = "".join(
        f"<ofd:Reference FileRef={quoteattr('/' + name)}><ofd:CheckValue>"
        f"{base64.b64encode(sm3(files[name])).decode()}</ofd:CheckValue></ofd:Reference>"
        for name in covered
    )
    signature = _xml(
        "Signature",
        '<ofd:SignedInfo><ofd:Provider ProviderName="tongjian" Version="1"/>'
        f"<ofd:SignatureMethod>{ses.SM2_WITH_SM3}</ofd:SignatureMethod>"
        f"<ofd:SignatureDateTime>{at:%Y%m%d%H%M%SZ}</ofd:SignatureDateTime>"
        f'<ofd:References CheckMethod="1.2.156.10197.1.401">{references}</ofd:References>'
        '<ofd:StampAnnot ID="1" PageRef="1" Boundary="90 8 30 20"/></ofd:SignedInfo>'
        f"<ofd:SignedValue>/{_VALUE}</ofd:SignedValue>",
    )
    index = _xml("Signatures", '<ofd:Signature ID="1" BaseLoc="Sign_0/Signature.xml"/>')
    return {
        "Doc_0/Signs/Signatures.xml": index,
        _SIGNATURE: signature,
        _VALUE: sign_seal(signature, sealer, at),
    }


def sign_seal(signature_xml: bytes, sealer: Sealer, at: dt.datetime) -> bytes:
    """Put the seal on a Signature.xml."""
    body = ses.TO_SIGN(
        {
            "version": 4,
            "seal": ses.SEAL.load(sealer.seal_der),
            "time": _time(at),
            "data_hash": sm3(signature_xml),
            "property_info": "/" + _SIGNATURE,
        }
    )
    return _dump(
        ses.SIGNED_SEAL(
            {
                "to_sign": body,
                "cert": sealer.signer_der,
                "algorithm": ses.SM2_WITH_SM3,
                "signature": sm2.der_from_raw(sm2.sign(sealer.signer_secret, body.dump())),
            }
        )
    )


def pack(files: dict[str, bytes]) -> bytes:
    """Pack files into a ZIP archive in the order of their names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _STAMP), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _contents(draft: Draft) -> dict[str, bytes]:
    shown = f"{draft.number} {draft.total_fen // 100}.{draft.total_fen % 100:02d}"
    return {
        "OFD.xml": _xml(
            "OFD",
            f"<ofd:DocBody><ofd:DocInfo><ofd:DocID>{escape(draft.number)}</ofd:DocID>"
            f'<ofd:CustomDatas><ofd:CustomData Name="发票号码">{escape(draft.number)}'
            "</ofd:CustomData></ofd:CustomDatas></ofd:DocInfo>"
            "<ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
            "<ofd:Signatures>/Doc_0/Signs/Signatures.xml</ofd:Signatures></ofd:DocBody>",
            ' Version="1.0" DocType="OFD"',
        ),
        "Doc_0/Document.xml": _xml(
            "Document",
            "<ofd:CommonData><ofd:MaxUnitID>9</ofd:MaxUnitID><ofd:PageArea>"
            "<ofd:PhysicalBox>0 0 210 140</ofd:PhysicalBox></ofd:PageArea>"
            "<ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
            '<ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages>'
            "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        ),
        "Doc_0/PublicRes.xml": _xml(
            "Res",
            '<ofd:Fonts><ofd:Font ID="2" FontName="SimSun" FamilyName="SimSun"/></ofd:Fonts>',
            ' BaseLoc="Res"',
        ),
        "Doc_0/Pages/Page_0/Content.xml": _xml(
            "Page",
            '<ofd:Content><ofd:Layer ID="3"><ofd:TextObject ID="4" Boundary="20 20 170 10" '
            'Font="2" Size="6"><ofd:TextCode X="0" Y="6">'
            f"{escape(shown)}</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content>",
        ),
        "Doc_0/Attachs/Attachments.xml": _xml(
            "Attachments",
            '<ofd:Attachment ID="8" Name="original_invoice" Format="xml" Visible="false">'
            "<ofd:FileLoc>original_invoice.xml</ofd:FileLoc></ofd:Attachment>",
        ),
        "Doc_0/Attachs/original_invoice.xml": write_e_invoice(draft),
    }


def _xml(name: str, content: str, attributes: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ofd:{name} xmlns:ofd="{NAMESPACE}"{attributes}>'
        f"{content}</ofd:{name}>"
    ).encode()


def _time(moment: dt.datetime) -> Any:
    return x509.Time({"general_time": moment.astimezone(dt.UTC)})


def _dump(structure: Any) -> bytes:
    der: bytes = structure.dump()
    return der

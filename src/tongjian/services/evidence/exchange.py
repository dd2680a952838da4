"""How content and case numbers from outside become what the ledger holds; used offline as well."""

import hashlib
from typing import Final

from tongjian.core.identifiers import check_case_number

TAG_CONTENT: Final = b"tongjian/evidence-content/1\x00"
TAG_RENEWAL: Final = b"tongjian/evidence-renewal/1\x00"
SALT_BYTES: Final = 32

HASHES: Final = {1: "sha256", 2: "sm3", 3: "sha384", 4: "sha512", 5: "sha3_256"}
"""Name in `hashlib` of each algorithm; SM3 depends on how the interpreter was built."""


def hash_content(algorithm: int, data: bytes) -> bytes:
    """Return the hash of the bytes under an algorithm; raises `ValueError` for one not there."""
    name = HASHES.get(algorithm)
    if name is None:
        msg = f"no hash algorithm has the number {algorithm}"
        raise ValueError(msg)
    return hashlib.new(name, data).digest()


def compute_content(algorithm: int, salt: bytes, data: bytes) -> bytes:
    """Return the commitment under which content is fixed: H(tag ‖ salt ‖ H(content)).

    A bare hash of short content could be found by trying; the salt of 32 bytes stays with the
    content. Both hashes are of the same algorithm. Raises `ValueError`.
    """
    if len(salt) != SALT_BYTES:
        msg = f"content needs a salt of {SALT_BYTES} bytes, got {len(salt)}"
        raise ValueError(msg)
    return hash_content(algorithm, TAG_CONTENT + salt + hash_content(algorithm, data))


def compute_renewal(algorithm: int, before: bytes, salt: bytes, data: bytes) -> bytes:
    """Return the commitment of a renewal: H(tag ‖ the record before ‖ salt ‖ H(content)).

    The new hash covers the content itself and the old record, so that it vouches for both when the
    old algorithm no longer can (RFC 4998, 5.3). Raises `ValueError`.
    """
    if len(salt) != SALT_BYTES:
        msg = f"content needs a salt of {SALT_BYTES} bytes, got {len(salt)}"
        raise ValueError(msg)
    covered = hash_content(algorithm, before) + salt + hash_content(algorithm, data)
    return hash_content(algorithm, TAG_RENEWAL + covered)


# -- case numbers ---------------------------------------------------------------------------------

_DIVISIONS: Final = (
    "京11 津12 冀13 晋14 内15 辽21 吉22 黑23 沪31 苏32 浙33 皖34 闽35 赣36 鲁37 豫41 鄂42 湘43 "
    "粤44 桂45 琼46 渝50 川51 贵52 云53 藏54 陕61 甘62 青63 宁64 新65 兵66 演99"
)
_COURTS: Final = {"最高法": "00", **{each[0]: each[1:] for each in _DIVISIONS.split()}}
"""First character of a court's code and its number: the division, GB/T 2260; 演 is invented."""
_KINDS: Final = {
    "民初": "minchu",
    "民终": "minzhong",
    "民申": "minshen",
    "民再": "minzai",
    "民特": "minte",
    "行初": "xingchu",
    "行终": "xingzhong",
    "刑初": "xingshichu",
    "刑终": "xingshizhong",
    "财保": "caibao",
    "证保": "zhengbao",
    "执": "zhi",
    "执保": "zhibao",
    "执恢": "zhihui",
    "执异": "zhiyi",
    "知民初": "zhiminchu",
}


def case_key(text: str) -> str:
    """Return the form in which the ledger holds a case number such as `(2026)演0192民初123号`.

    Raises `ValueError` for a court or a kind that this release does not know and for the number of
    a single decision (之一), `IdentifierInvalid` for a text that is no case number.
    """
    parts = check_case_number(text)
    first = parts.court.rstrip("0123456789")
    court, kind = _COURTS.get(first), _KINDS.get(parts.kind)
    if court is None or kind is None or not text.endswith("号"):
        msg = f"{text}: the court, the kind of the case or the decision number is not known"
        raise ValueError(msg)
    return f"{parts.year:04d}-{court}{parts.court[len(first) :]}-{kind}-{parts.sequence}"


def case_number(key: str) -> str:
    """Return the case number that a key stands for; the inverse of `case_key`.

    Raises `ValueError` for a key that `case_key` did not make.
    """
    try:
        year, court, kind, sequence = key.split("-")
        first = next(name for name, code in _COURTS.items() if code == court[:2])
        words = next(name for name, code in _KINDS.items() if code == kind)
    except (ValueError, StopIteration):
        msg = f"{key} stands for no case number"
        raise ValueError(msg) from None
    return f"({year}){first}{court[2:]}{words}{sequence}号"

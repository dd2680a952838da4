"""Claims that their holder may show or keep back: disclosures and digests of RFC 9901.

A disclosure is hashed as it was received, never written anew. A place of a claim is the way to it:
names of members and numbers of list items, from the top.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, Final, NamedTuple

from tongjian.connectors import strictjson
from tongjian.connectors.credentials.documents import DEPTH_MAX, check_bounds, quoted
from tongjian.connectors.credentials.errors import CredentialMalformed, ProofInvalid
from tongjian.connectors.credentials.multibase import decode_base64url, encode_base64url
from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import Json, Malformed, encode

Place = tuple[str | int, ...]

DIGESTS: Final = "_sd"
ALGORITHM: Final = "_sd_alg"
SHA_256: Final = "sha-256"
ITEM: Final = "..."
DISCLOSURES_MAX: Final = 2000
"""Of one token."""
_MEMBER_PARTS: Final = 3
_ITEM_PARTS: Final = 2


class Disclosure(NamedTuple):
    """One disclosure, as it was received and as it is read."""

    text: str
    name: str | None
    """Of the claim; none for an item of a list."""
    value: Any


class Shown(NamedTuple):
    """Where a disclosure belongs, and the digests of those that it stands in."""

    place: Place
    within: tuple[str, ...]


def digest_of(text: str) -> str:
    """Return the digest of an encoded disclosure, or of anything else in ASCII."""
    return encode_base64url(sha256(text.encode("ascii")).digest())


def hide(
    claims: Json, hidden: Iterable[Place], salt: Callable[[], str], decoys: int = 0
) -> tuple[Json, list[str]]:
    """Return the claims with digests in place of the hidden ones, and the disclosures of these.

    Args:
        claims: All of them.
        hidden: Places to hide; one may be within another.
        salt: Gives a new text of at least 128 random bits at each call (RFC 9901, 9.3).
        decoys: Digests of nothing, in each object that hides a member (RFC 9901, 4.2.5).

    Raises `CredentialMalformed` for a place where there is no claim, and for the names `_sd`,
    `_sd_alg` and `...`, which mark digests.
    """
    check_bounds(claims)
    hider = _Hider(frozenset(hidden), salt, decoys)
    payload = hider.object(claims, ())
    if hider.left:
        place = min(hider.left, key=str)
        raise CredentialMalformed(f"no claim is at {quoted(str(place))}", "RFC 9901, 4.2")
    return payload, hider.made


class _Hider:
    def __init__(self, hidden: frozenset[Place], salt: Callable[[], str], decoys: int) -> None:
        self._hidden = hidden
        self._salt = salt
        self._decoys = decoys
        self.left = dict.fromkeys(hidden)
        self.made: list[str] = []

    def object(self, value: Json, here: Place) -> Json:
        shown: Json = {}
        digests: list[str] = []
        for name, one in value.items():
            if name in (DIGESTS, ITEM) or (name == ALGORITHM and not here):
                raise CredentialMalformed(f"{name} is no name for a claim", "RFC 9901, 4.1")
            inner = self._any(one, (*here, name))
            if (*here, name) in self._hidden:
                digests.append(self._make((*here, name), [name, inner]))
            else:
                shown[name] = inner
        if digests:
            digests += [digest_of(self._salt()) for _ in range(self._decoys)]
            # In order of the digests: the order of the claims would tell which is which.
            shown[DIGESTS] = sorted(digests)
        return shown

    def _any(self, value: Any, here: Place) -> Any:
        if is_object(value):
            return self.object(value, here)
        if is_list(value):
            return [self._item(one, (*here, index)) for index, one in enumerate(value)]
        return value

    def _item(self, value: Any, here: Place) -> Any:
        inner = self._any(value, here)
        return {ITEM: self._make(here, [inner])} if here in self._hidden else inner

    def _make(self, here: Place, parts: list[Any]) -> str:
        del self.left[here]
        text = encode_base64url(encode([self._salt(), *parts]))
        self.made.append(text)
        return digest_of(text)


def read_disclosures(texts: list[str]) -> dict[str, Disclosure]:
    """Return disclosures by their digests.

    Raises `CredentialMalformed`, also for one that is there twice.
    """
    if len(texts) > DISCLOSURES_MAX:
        msg = f"the token has over {DISCLOSURES_MAX} disclosures"
        raise CredentialMalformed(msg, "limit of this reader")
    found = {digest_of(one.text): one for one in map(_read, texts)}
    if len(found) != len(texts):
        raise CredentialMalformed("a disclosure is there twice", "RFC 9901, 7.1")
    return found


def _read(text: str) -> Disclosure:
    rule = "RFC 9901, 4.2"
    try:
        parts = strictjson.parse(decode_base64url(text))
    except Malformed as error:
        raise CredentialMalformed(f"a disclosure is wrong: {error}", rule) from error
    check_bounds(parts)
    if not is_list(parts) or len(parts) not in (_ITEM_PARTS, _MEMBER_PARTS):
        raise CredentialMalformed("a disclosure is no list of two or three parts", rule)
    if not isinstance(parts[0], str):
        raise CredentialMalformed("the salt of a disclosure is no text", rule)
    if len(parts) == _ITEM_PARTS:
        return Disclosure(text, None, parts[1])
    if not isinstance(parts[1], str) or parts[1] in (DIGESTS, ITEM):
        raise CredentialMalformed("a disclosure has no name for a claim", "RFC 9901, 7.1")
    return Disclosure(text, parts[1], parts[2])


def reveal(payload: Json, disclosures: dict[str, Disclosure]) -> tuple[Json, dict[str, Shown]]:
    """Return the claims that payload and disclosures say, and where each disclosure belongs.

    Numbers in places count the items that are kept back, too. Raises `ProofInvalid` for a
    disclosure that the payload does not ask for, a digest that is there twice, or a claim told
    twice; `CredentialMalformed` for digests of the wrong form or of an unknown algorithm.
    """
    algorithm = payload.get(ALGORITHM, SHA_256)
    if algorithm != SHA_256:
        msg = f"digests are by {quoted(algorithm)}; only {SHA_256} is read here"
        raise CredentialMalformed(msg, "RFC 9901, 4.1.1")
    revealer = _Revealer(disclosures)
    claims = revealer.object(payload, Shown((), ()))
    claims.pop(ALGORITHM, None)
    added = [one for digest, one in disclosures.items() if digest not in revealer.shown]
    if added:
        msg = f"{len(added)} disclosures were added that the issuer did not sign"
        raise ProofInvalid(msg, "RFC 9901, 7.1, step 5")
    return claims, revealer.shown


class _Revealer:
    def __init__(self, disclosures: dict[str, Disclosure]) -> None:
        self._disclosures = disclosures
        self._seen: set[str] = set()
        self.shown: dict[str, Shown] = {}

    def object(self, value: Json, here: Shown) -> Json:
        claims: Json = {
            name: self._any(one, Shown((*here.place, name), here.within))
            for name, one in value.items()
            if name != DIGESTS
        }
        if ITEM in claims:
            raise CredentialMalformed(f"{ITEM} is no name for a claim", "RFC 9901, 7.1")
        for digest in self._digests(value):
            found = self._disclosures.get(digest)
            if found is None:
                continue
            name = found.name
            if name is None:
                msg = "a disclosure of an item stands for a member"
                raise ProofInvalid(msg, "RFC 9901, 7.1, step 3")
            if name in claims or (name == ALGORITHM and not here.place):
                msg = f"the claim {quoted(name)} is told twice"
                raise ProofInvalid(msg, "RFC 9901, 7.1, step 3")
            claims[name] = self._disclosed(digest, found, Shown((*here.place, name), here.within))
        return claims

    def _digests(self, value: Json) -> Iterator[str]:
        held: Any = value.get(DIGESTS, [])
        if not is_list(held):
            raise CredentialMalformed(f"{DIGESTS} is no list", "RFC 9901, 4.2.4.1")
        for digest in held:
            yield self._once(digest)

    def _any(self, value: Any, here: Shown) -> Any:
        if len(here.place) > DEPTH_MAX:
            msg = f"the claims are nested deeper than {DEPTH_MAX} levels"
            raise CredentialMalformed(msg, "limit of this reader")
        if is_object(value):
            return self.object(value, here)
        if is_list(value):
            return self._list(value, here)
        return value

    def _list(self, value: list[Any], here: Shown) -> list[Any]:
        kept: list[Any] = []
        for index, one in enumerate(value):
            inner = Shown((*here.place, index), here.within)
            if not is_object(one) or list(one) != [ITEM]:
                kept.append(self._any(one, inner))
                continue
            digest = self._once(one[ITEM])
            found = self._disclosures.get(digest)
            if found is None:
                continue
            if found.name is not None:
                msg = "a disclosure of a member stands for an item"
                raise ProofInvalid(msg, "RFC 9901, 7.1, step 3")
            kept.append(self._disclosed(digest, found, inner))
        return kept

    def _once(self, digest: Any) -> str:
        if not isinstance(digest, str):
            raise CredentialMalformed("a digest is no text", "RFC 9901, 4.2.4")
        if digest in self._seen:
            raise ProofInvalid("a digest is there twice", "RFC 9901, 7.1, step 4")
        self._seen.add(digest)
        return digest

    def _disclosed(self, digest: str, found: Disclosure, here: Shown) -> Any:
        self.shown[digest] = here
        return self._any(found.value, Shown(here.place, (*here.within, digest)))

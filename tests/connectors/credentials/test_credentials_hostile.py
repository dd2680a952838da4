"""Whatever is claimed is told back whole, and whatever is sent is read or refused, never more."""

from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.credentials.datamodel import check_credential, check_presentation
from tongjian.connectors.credentials.disclosures import Place, hide, read_disclosures, reveal
from tongjian.connectors.credentials.documents import read_document
from tongjian.connectors.credentials.errors import CredentialRefused
from tongjian.connectors.credentials.jcs import canonical
from tongjian.connectors.credentials.sdjwt import new_salt
from tongjian.connectors.credentials.statuslist import decode_list
from tongjian.connectors.strictjson import encode

NAMES = st.text(max_size=6).filter(lambda name: name not in ("_sd", "_sd_alg", "..."))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)


def places(value: Any, here: Place = ()) -> list[Place]:
    """Every place within a value, outer ones first."""
    inner: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    found: list[Place] = []
    for name, one in inner:
        found += [(*here, name), *places(one, (*here, name))]
    return found


@given(OBJECTS, st.data(), st.integers(0, 2))
def test_hidden_claims_are_all_told_back_and_one_alone_with_what_it_stands_in(
    claims: dict[str, Any], data: st.DataObject, decoys: int
) -> None:
    everywhere = places(claims)
    hidden = [place for place in everywhere if data.draw(st.booleans())]
    payload, texts = hide(claims, hidden, new_salt, decoys)
    read = read_disclosures(texts)
    told, shown = reveal(payload, read)
    assert told == claims
    assert {one.place for one in shown.values()} == set(hidden)
    for digest, one in shown.items():
        kept = {each: read[each] for each in (*one.within, digest)}
        assert set(reveal(payload, kept)[1]) == set(kept)
    assert not reveal(payload, {})[1]


@given(OBJECTS)
def test_the_canonical_text_is_one_for_every_order_and_reads_back(claims: dict[str, Any]) -> None:
    turned = dict(reversed(claims.items()))
    assert canonical(claims) == canonical(turned)
    assert read_document(canonical(claims)) == claims


CONTEXTS = st.lists(
    st.just("https://www.w3.org/ns/credentials/v2") | st.text(max_size=4) | OBJECTS, max_size=3
)
MEMBERS = (
    "id",
    "type",
    "issuer",
    "holder",
    "name",
    "credentialSubject",
    "credentialStatus",
    "credentialSchema",
    "validFrom",
    "validUntil",
    "proof",
    "relatedResource",
    "verifiableCredential",
)
DOCUMENTS = st.fixed_dictionaries(
    {
        "@context": st.just(["https://www.w3.org/ns/credentials/v2"]) | CONTEXTS,
        "type": st.sampled_from([["VerifiableCredential"], ["VerifiablePresentation"]]) | VALUES,
    },
    optional=dict.fromkeys(MEMBERS[2:], VALUES | st.just("did:example:952")),
)


@given(DOCUMENTS)
def test_a_document_of_any_types_is_read_or_refused(document: dict[str, Any]) -> None:
    read = read_document(encode(document))
    for check in (check_credential, check_presentation):
        with suppress(CredentialRefused):
            check(read)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    for reader in (read_document, lambda raw: decode_list("u" + raw.decode("latin-1"))):
        with suppress(CredentialRefused):
            reader(data)

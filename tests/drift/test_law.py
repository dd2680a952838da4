"""Every citation of a service stands in the register, with words of the article where at hand."""

import re
import tomllib
from functools import cache
from typing import Any

import drift
import pytest

from tongjian.catalogue import citations
from tongjian.core.operation import Operation

REGISTER = "docs/law/register.toml"
STATUTES = drift.ROOT.parent / "shared/data/law/prc-statutes"


@cache
def _register() -> dict[str, Any]:
    return tomllib.loads((drift.ROOT / REGISTER).read_text("utf-8"))


def _articles() -> list[dict[str, str]]:
    found: list[dict[str, str]] = _register()["article"]
    return found


def _norm_of(article: dict[str, str]) -> dict[str, str]:
    name = article["citation"].partition(" art. ")[0]
    (norm,) = [norm for norm in _register()["norm"] if norm["name"] == name]
    return dict(norm)


@pytest.mark.parametrize("operation", drift.OPERATIONS, ids=drift.tag_of)
def test_every_citation_is_in_the_register(operation: Operation) -> None:
    known = {article["citation"] for article in _articles()}
    missing = [each for each in citations(operation.law) if each not in known]
    assert missing == [], f"{operation.tag}: add an [[article]] to {REGISTER}"


def test_the_register_holds_one_entry_a_citation_and_none_that_nobody_cites() -> None:
    cited = {each for operation in drift.OPERATIONS for each in citations(operation.law)}
    listed = [article["citation"] for article in _articles()]
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) - cited == set()
    norms = [norm["name"] for norm in _register()["norm"]]
    assert sorted(norms) == sorted({_norm_of(article)["name"] for article in _articles()})


@pytest.mark.parametrize("article", _articles(), ids=lambda article: article["citation"])
def test_an_entry_quotes_the_article_or_says_that_it_was_not_read(article: dict[str, str]) -> None:
    assert article["says"]
    assert article["article"]
    has_text = "text" in _norm_of(article)
    assert ("quote" in article) == has_text
    assert ("unread" in article) != has_text


@pytest.mark.parametrize(
    "article",
    [article for article in _articles() if "quote" in article],
    ids=lambda article: article["citation"],
)
def test_a_quote_stands_in_the_article(article: dict[str, str]) -> None:
    statute = STATUTES / _norm_of(article)["text"]
    if not statute.is_file():
        pytest.skip("needs the texts of the statutes, which are not part of this repository")
    number = article.get("text_article", article["article"])
    text = statute.read_text("utf-8")
    until_next = r"(?=^第[一二三四五六七八九十百零]+条|\Z)"
    found = re.search(rf"^{number}[ 　](.*?){until_next}", text, re.MULTILINE | re.DOTALL)
    assert found is not None, f"{number} is not in {statute.name}"
    assert article["quote"] in found[1]


def test_citations_are_split_one_an_article() -> None:
    law = "Data Security Law art. 6, 39; STA Announcement 2024 No. 11; VAT Law art. 9"
    assert citations(law) == (
        "Data Security Law art. 6",
        "Data Security Law art. 39",
        "STA Announcement 2024 No. 11",
        "VAT Law art. 9",
    )

"""Reading `parameters.toml` for genesis."""

from pathlib import Path

import pytest

from tongjian import catalogue, services
from tongjian.catalogue import ParametersWrong, load_parameters, service_modules
from tongjian.core.calendar import Date, legal_date

GOOD = """
[rate]
unit = "ppm"
zh = "税率"
en = "Rate"
[[rate.dated]]
from = 2026-01-01
values = [130_000]
source = "vat-law.10"
law = "增值税法 第十条"
"""


def test_every_service_gives_parameters_that_genesis_can_take() -> None:
    for module in service_modules():
        name = module.__name__.rpartition(".")[2]
        for founded in load_parameters(name):
            assert founded.service == name
            assert founded.parameter.values


def test_a_day_begins_at_midnight_in_shanghai() -> None:
    rates = [p for p in load_parameters("invoice") if p.name == "rates_small"]
    assert [legal_date(p.from_ms) for p in rates] == [Date(2026, 1, 1), Date(2028, 1, 1)]
    assert legal_date(rates[0].from_ms - 1) == Date(2025, 12, 31)


def test_a_service_without_the_file_has_none() -> None:
    assert load_parameters("nobody") == ()


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("2026-01-01", "2026-01-01T08:00:00"),
        ("130_000", "-1"),
        ("130_000", "1.5"),
        ("[130_000]", "[]"),
        ("vat-law.10", "VAT Law"),
        ('law = "增值税法 第十条"', ""),
        ("values", "value"),
    ],
)
def test_a_wrong_entry_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, good: str, bad: str
) -> None:
    (tmp_path / "tax").mkdir()
    (tmp_path / "tax" / "parameters.toml").write_text(GOOD.replace(good, bad), "utf-8")
    monkeypatch.setattr(services, "__path__", [str(tmp_path)])
    with pytest.raises(ParametersWrong, match=r"tax/parameters\.toml, rate"):
        catalogue.load_parameters("tax")


def test_the_example_of_the_wrong_entries_is_itself_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tax").mkdir()
    (tmp_path / "tax" / "parameters.toml").write_text(GOOD, "utf-8")
    monkeypatch.setattr(services, "__path__", [str(tmp_path)])
    assert [p.parameter.values for p in load_parameters("tax")] == [(130_000,)]

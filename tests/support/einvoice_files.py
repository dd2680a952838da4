"""Invoices for tests: the published samples, and drafts of the demonstration world."""

import datetime as dt
import functools
from pathlib import Path

import pytest

from tongjian.connectors.einvoice.write import Draft, DraftLine, DraftParty
from tongjian.connectors.einvoice.write_ofd import Sealer, make_sealer

SAMPLES = Path(__file__).parents[3] / "shared/data/invoices"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="the invoices of ../shared are not on this machine"
)

OFD = "ofd/signed-einvoice-2020-testca-5pages.ofd"
ORIGINAL = "ofd/signed-einvoice-2020-testca-5pages.original_invoice.xml"
XML = "factur-x-fixtures/xml"
PDF = "factur-x-fixtures/pdf/invoice_EN16931.pdf"

VENDOR = DraftParty("海明科技", "91990106MA7K3D2102", "海州市西湾区")
CITY = DraftParty("海州市财政局", "119901000014002175", "海州市")
SENSORS = DraftLine("*传感器*空气传感器", "台", 20, 50_000_00, 13)
BLUE = Draft("26990000000012345678", dt.date(2026, 5, 4), VENDOR, CITY, (SENSORS,))
RED = Draft(
    "26990000000012345999",
    dt.date(2026, 6, 4),
    VENDOR,
    CITY,
    (DraftLine("*传感器*空气传感器", "台", -2, 50_000_00, 13),),
    blue_number=BLUE.number,
)
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
SEALED_AT = dt.datetime(2026, 5, 4, 3, tzinfo=dt.UTC)


def sample(name: str) -> bytes:
    return (SAMPLES / name).read_bytes()


@functools.cache
def sealer() -> Sealer:
    return make_sealer("演示税务局监制章", START)

"""The invented city of Haizhou 海州: its public offices, its firms, and who signs for them.

Offices and their codes are those of domain rule 0.7; the firms around them are drawn from a seed.
Nobody here exists: province 99 is not a province.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from tongjian.demo.firms import Firm, Firms, industries
from tongjian.demo.identities import COUNTIES, BodyKind, Identities
from tongjian.demo.seeded import Seeded
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer

LABEL: Final = "haizhou.demo"
FIRMS: Final = 300
HOUSE_CLIENTS_MAX: Final = 12
"""Small firms that one bookkeeping house keeps the books of."""

STAFF: Final = {
    "issuer": ("issuer",),
    "taxclerk": ("tax_clerk",),
    "accountant": ("accountant",),
    "finance": ("finance",),
    "finance2": ("finance",),
}
"""Posts of a firm of some size, by the last word of the holder's name, with their roles."""
SMALL_STAFF: Final = {
    "owner": ("issuer", "finance"),
    "bookkeeper": ("accountant", "tax_clerk", "finance"),
}
"""Posts of a small firm: its owner, and a bookkeeper who is lent by a house of bookkeepers."""
BUYING_STAFF: Final = ("accountant", "taxclerk", "finance", "finance2")
"""Posts of a public office, which buys and reimburses but sells nothing."""
GOVERNING: Final = ("data", "tax", "treasury", "audit", "court")
"""Offices whose governors decide by vote who belongs to the network."""


class Body(NamedTuple):
    """Name a public office or an enterprise of domain rule 0.7."""

    short: str
    """Holders of its keys are named after it: `tax-officer`."""
    uscc: str
    name: str
    region: str
    kind: str
    level: int
    industry: str = ""
    """Of a taxpayer: a key of `industries()`."""


BODIES: Final = (
    Body("data", "11990100001400700T", "海州市数据局", "990100", "data_bureau", 3),
    Body("tax", "11990100001400110R", "海州市税务局", "990100", "tax_bureau", 3),
    Body("treasury", "119901000014002175", "海州市财政局", "990100", "finance_bureau", 3),
    Body("audit", "11990100001400882Y", "海州市审计局", "990100", "audit_office", 3),
    Body("court", "11990100001400612C", "海州市中级人民法院", "990100", "court", 3),
    Body("land", "11990100001400313E", "海州市不动产登记中心", "990100", "land_registry", 3),
    Body("housing", "11990100001400962J", "海州市住房保障局", "990100", "housing_bureau", 3),
    Body("medicare", "11990100001401092R", "海州市医疗保障局", "990100", "medical_insurance", 3),
    Body("market", "11990100001401172D", "海州市市场监督管理局", "990100", "market_regulator", 3),
    Body("education", "11990100001401332L", "海州市教育局", "990100", "education_bureau", 3),
    Body("police", "119901000014014128", "海州市公安局", "990100", "police", 3),
    Body("civil", "1199010600140041XB", "海州市西湾区民政局", "990106", "civil_affairs", 4),
    Body("customs", "119901000014005163", "海州海关", "990100", "customs", 3),
    Body("ecology", "11990000001401252U", "演示省生态环境厅", "990000", "ecology_bureau", 2),
    Body("tender", "129901004320022297", "海州市公共资源交易中心", "990100", "tender_centre", 5),
    Body("notary", "12990100432002149K", "海州市公证处", "990100", "notary", 5),
    Body("hospital", "129901004320001192", "海州市第一人民医院", "990100", "hospital", 5),
    Body("university", "12990100432000215B", "海州大学", "990100", "university", 5),
    Body("hotline", "12990100432002309T", "海州市12345热线中心", "990100", "hotline", 5),
    Body("bank", "919901007100011120", "海州银行", "990100", "bank", 5, "J6621"),
    Body("haiming", "91990106MA7K3D2102", "海明科技", "990106", "firm", 5, "C4016"),
    Body("vendor-b", "91990106MA7K3E811E", "海州乙公司", "990106", "firm", 5, "C4014"),
    Body("vendor-c", "91990106MA7K3F5151", "海州丙公司", "990106", "firm", 5, "I6531"),
    Body("steel", "91990200720002215D", "江北钢铁", "990200", "firm", 5, "C3130"),
    Body("importer", "91990200MA8T2C415L", "江北进出口", "990200", "firm", 5, "F5127"),
    Body("dairy", "91990200MA8T2D610P", "江北乳业", "990200", "firm", 5, "C1441"),
    Body("pharmacy", "91990106MA8T2E736T", "西湾大药房", "990106", "firm", 5, "F5251"),
    Body("carbon", "91990100MA8T2F907N", "海州碳核查", "990100", "firm", 5, "M7461"),
)
"""The bodies of domain rule 0.7."""


class Member(NamedTuple):
    """Name a taxpayer of the city, and who signs for it."""

    short: str
    firm: Firm
    is_small: bool
    """A small firm has two posts, and its taxpayer is small-scale."""

    def holder(self, role: str) -> str:
        """Return the holder of the key that signs in a role; `finance2` is the second person."""
        if not self.is_small:
            return f"{self.short}-{role}"
        post = "owner" if role in {"issuer", "finance"} else "bookkeeper"
        return f"{self.short}-{post}"


class City(NamedTuple):
    """Hold what the city is founded with."""

    plan: Plan
    members: tuple[Member, ...]
    """All taxpayers, those of domain rule 0.7 first."""
    buyers: tuple[Body, ...]
    """Public offices: they buy, book and reimburse, but pay no VAT."""

    def member(self, short: str) -> Member:
        """Return a taxpayer by its short name; raises `KeyError`."""
        return {member.short: member for member in self.members}[short]

    def body(self, short: str) -> Body:
        """Return a public office by its short name; raises `KeyError`."""
        return {body.short: body for body in self.buyers}[short]


def make_city(seed: int, *, firms: int = FIRMS, suite: str = "ed25519") -> City:
    """Return the city of a seed: the bodies of domain rule 0.7 and a number of firms beside them.

    Each industry has a firm before any has two. `suite` is that of all keys; a city of SM2 hashes
    with SM3.
    """
    identities = Identities(seed)
    code = identities.uscc(BodyKind.ORGAN, "990200")
    jiangbei = Body("jiangbei-tax", code, "江北市税务局", "990200", "tax_bureau", 3)
    publics = (*(body for body in BODIES if not body.industry), jiangbei)
    named = tuple(body for body in BODIES if body.industry)
    drawn = _drawn(seed, identities, firms)
    members = (*(_member(body) for body in named), *drawn)
    bodies = (*publics, *named, *(_body(member) for member in drawn))
    officers = [*_public_officers(publics), *_firm_officers(members)]
    plan = Plan(
        label=LABEL,
        office=[_office(body) for body in bodies],
        officer=officers,
        hash="sm3" if suite == "sm2" else "sha256",
        suite=suite,
    )
    return City(plan, members, publics)


def bureau_of(region: str) -> tuple[str, str]:
    """Return the holders who handle and approve at the tax bureau of a region's city."""
    short = "jiangbei-tax" if region.startswith("9902") else "tax"
    return f"{short}-officer", f"{short}-approver"


def _member(body: Body) -> Member:
    firm = Firm(body.uscc, body.name, body.industry, body.region)
    return Member(body.short, firm, is_small=False)


def _drawn(seed: int, identities: Identities, count: int) -> tuple[Member, ...]:
    """Draw firms; households and some of the others are small."""
    seeded = Seeded(seed).branch("city")
    firms = Firms(seed, identities)
    codes = seeded.shuffle(tuple(industries()))
    drawn: list[Member] = []
    for number in range(count):
        industry = codes[number] if number < len(codes) else seeded.choice(codes)
        firm = firms.found(seeded.choice(COUNTIES), industry)
        is_small = firm.is_small_scale or seeded.chance(250_000)
        drawn.append(Member(f"firm-{number + 1:03d}", firm, is_small))
    return tuple(drawn)


def _body(member: Member) -> Body:
    firm = member.firm
    return Body(member.short, firm.uscc, firm.name, firm.region, "firm", 5, firm.industry)


def _office(body: Body) -> PlanOffice:
    return PlanOffice(
        uscc=body.uscc,
        label=body.short.replace("-", "."),
        name=body.name,
        region=body.region,
        kind=body.kind,
        level=body.level,
    )


def _public_officers(bodies: Sequence[Body]) -> Iterator[PlanOfficer]:
    for body in bodies:
        for post in BUYING_STAFF:
            yield PlanOfficer(f"{body.short}-{post}", body.uscc, list(STAFF[post]))
        if body.kind == "tax_bureau":
            yield PlanOfficer(f"{body.short}-officer", body.uscc, ["tax_officer"])
            yield PlanOfficer(f"{body.short}-approver", body.uscc, ["tax_approver"])
        if body.short in GOVERNING:
            yield PlanOfficer(f"{body.short}-governor", body.uscc, ["governor"])
            yield PlanOfficer(f"{body.short}-registrar", body.uscc, ["registrar"])
            yield PlanOfficer(f"{body.short}-checker", body.uscc, ["registrar_checker"])


def _firm_officers(members: Sequence[Member]) -> Iterator[PlanOfficer]:
    small = 0
    for member in members:
        uscc = member.firm.uscc
        staff = SMALL_STAFF if member.is_small else STAFF
        for post, roles in staff.items():
            person = ""
            if post == "bookkeeper":
                person = f"bookkeeper-of-house-{small // HOUSE_CLIENTS_MAX + 1}"
                small += 1
            yield PlanOfficer(f"{member.short}-{post}", uscc, list(roles), person)
        if member.short == "bank":
            yield PlanOfficer("bank-officer", uscc, ["bank_officer"])

"""Certificates of keys: recorded while they hold, with their status; what ends with them."""

from typing import Any

from tongjian.core import values
from tongjian.core.directory import KEYS, Kernel
from tongjian.core.encoding import Record, replace
from tongjian.core.hashing import sha256
from tongjian.core.inquiry import answer
from tongjian.services.membership import views
from tongjian.services.membership.acts_certificates import (
    RecordCertificate,
    RecordStatus,
    TrustAnchor,
)
from tongjian.services.membership.acts_keys import RevokeKey
from tongjian.services.membership.acts_offices import CharterKind
from tongjian.services.membership.records_certificates import (
    ANCHORS,
    CERTIFICATES,
    CERTIFICATES_PER_KEY_MAX,
    STATUSES,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import Person, World

CITY = "11990100001400700T"
PROVINCE = "11990000001401252U"
DAY = 86_400_000
ACT = CharterKind(kind=values.name("city"), roles=(), kinds_below=())


def digest(number: int) -> values.Digest:
    return values.digest(bytes([number]) * 32)


ROOT, CERTIFICATE, EVIDENCE = digest(1), digest(2), digest(3)


class Network(World):
    """Two governing offices, one trusted root, and the city's registrars and clerk."""

    def __init__(self, *, binds: int = 0, trusted: bool = True) -> None:
        super().__init__()
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        self.ann = self.person("ann", CITY, "registrar")
        self.bo = self.person("bo", CITY, "registrar_checker")
        self.gao = self.person("gao", CITY, "governor")
        self.pan = self.person("pan", PROVINCE, "governor")
        self.cui = self.person("cui", CITY, "clerk")
        self.parameter("membership", "certificate_binds", binds)
        self.two = (self.ann, self.bo)
        if trusted:
            self.accepts(self.gao, self.pan, act=self.trust(self.now_ms + 1000 * DAY))

    def trust(self, until_ms: int) -> TrustAnchor:
        return TrustAnchor(anchor=ROOT, until_ms=values.time_ms(until_ms))

    def certificate(self, who: Person, **changed: Any) -> RecordCertificate:
        act = RecordCertificate(
            officer=who.officer,
            key=values.key_id(who.key),
            certificate=CERTIFICATE,
            serial=digest(4),
            chain=digest(5),
            anchor=ROOT,
            from_ms=values.time_ms(self.now_ms - DAY),
            until_ms=values.time_ms(self.now_ms + 365 * DAY),
        )
        return replace(act, **changed)

    def status(self, who: Person, **changed: Any) -> RecordStatus:
        act = RecordStatus(
            officer=who.officer,
            key=values.key_id(who.key),
            certificate=CERTIFICATE,
            evidence=EVIDENCE,
            kind="crl",
            this_ms=values.time_ms(self.now_ms - 1000),
            next_ms=values.time_ms(self.now_ms + DAY),
            revoked_ms=None,
        )
        return replace(act, **changed)

    def ask(self, question: Any, arguments: Record) -> Any:
        queries = {query.handler: query for query in self.registry.services["membership"].queries}
        return answer(
            queries[question],
            arguments,
            reader=self.state,
            digest=sha256,
            height=self.height,
            time_ms=self.now_ms,
        )

    def certified(self, who: Person, at_ms: int) -> list[str]:
        asked = views.KeyAtAsked(key=values.key_id(who.key), at_ms=values.time_ms(at_ms))
        return [one.status for one in self.ask(views.certified, asked)]


# -- anchors --------------------------------------------------------------------------------------


def test_a_root_is_trusted_by_vote_and_distrusted_from_block_time_at_the_earliest() -> None:
    world = Network(trusted=False)
    until = world.now_ms + DAY
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=world.trust(until))
    world.accepts(world.gao, world.pan, act=world.trust(until))
    assert world.row(ANCHORS, ROOT).until_ms == until
    world.accepts(world.gao, world.pan, act=world.trust(0), vector="accepts_end")
    assert world.row(ANCHORS, ROOT).until_ms == world.now_ms
    world.refuses(Refusal.ANCHOR_ENDED, *world.two, act=world.certificate(world.cui))


# -- certificates ---------------------------------------------------------------------------------


def test_a_certificate_is_recorded_by_two_persons_and_read_again() -> None:
    world = Network()
    cui = world.cui
    before = world.row(KEYS, cui.key)
    world.refuses(Kernel.NOT_PERMITTED, world.ann, act=world.certificate(cui))
    world.accepts(*world.two, act=world.certificate(cui))
    assert world.row(KEYS, cui.key) == before, "on this network a certificate binds no key"
    (found,) = world.ask(views.certificates, views.KeyAsked(key=values.key_id(cui.key)))
    assert found.certificate == CERTIFICATE
    assert found.row == world.row(CERTIFICATES, cui.key, CERTIFICATE)


def test_where_certificates_bind_a_key_ends_with_its_own_and_counts_again_with_the_next() -> None:
    world = Network(binds=1)
    cui = world.cui
    own = world.row(KEYS, cui.key).until_ms
    end = world.now_ms + 30 * DAY
    act = world.certificate(cui, until_ms=values.time_ms(end))
    world.accepts(*world.two, act=act, vector="accepts_bound")
    assert world.row(KEYS, cui.key).until_ms == end
    world.now_ms = end
    world.refuses(Kernel.KEY_EXPIRED, cui, act=ACT)
    longer = own + DAY if own < values.FOREVER else own
    act = world.certificate(cui, certificate=digest(9), until_ms=longer)
    world.accepts(*world.two, act=act, vector="accepts_renewed")
    assert world.row(KEYS, cui.key).until_ms == own, "never longer than the key was enrolled for"
    world.refuses(Kernel.NOT_PERMITTED, cui, act=ACT)


def test_the_end_of_every_certificate_stops_nobody_from_sealing_blocks() -> None:
    world = Network(binds=1)
    for who in (world.ann, world.bo, world.gao, world.cui):
        world.accepts(*world.two, act=world.certificate(who), vector=f"accepts_{who.name}")
    world.wait(400 * DAY)
    world.refuses(Kernel.KEY_EXPIRED, world.gao, world.pan, act=ACT)
    before = world.height
    world.block()
    assert world.height == before + 1


def test_a_certificate_is_refused_in_order_of_precedence() -> None:
    world = Network()
    two, cui = world.two, world.cui
    unknown = values.key_id(bytes(16))
    world.refuses(Refusal.KEY_UNKNOWN, *two, act=world.certificate(cui, key=unknown))
    another = world.certificate(cui, key=values.key_id(world.gao.key))
    world.refuses(Refusal.KEY_OF_ANOTHER, *two, act=another)
    strange = world.certificate(cui, anchor=digest(8), until_ms=values.time_ms(0))
    world.refuses(Refusal.ANCHOR_UNKNOWN, *two, act=strange)
    ended = world.certificate(cui, until_ms=values.time_ms(world.now_ms))
    world.refuses(Refusal.CERTIFICATE_NOT_VALID, *two, act=ended)
    early = world.certificate(cui, from_ms=values.time_ms(world.now_ms + 1))
    result = world.submit(*two, acts=(early,), vector="refuses_early")
    assert result.outcome == "membership/72@0"
    world.accepts(*two, act=world.certificate(cui))
    world.refuses(Refusal.CERTIFICATE_RECORDED, *two, act=world.certificate(cui))
    for number in range(100, 100 + CERTIFICATES_PER_KEY_MAX - 1):
        world.submit(*two, acts=(world.certificate(cui, certificate=digest(number)),))
    world.refuses(Refusal.HISTORY_FULL, *two, act=world.certificate(cui))
    revoke = RevokeKey(officer=cui.officer, key=cui.key, from_height=values.height(0))
    world.accepts(cui, act=revoke)
    world.refuses(Refusal.KEY_REVOKED, *two, act=world.certificate(cui))


# -- status ---------------------------------------------------------------------------------------


def test_what_was_known_when_a_key_signed_is_answered_years_later() -> None:
    world = Network()
    cui, signed_ms = world.cui, world.now_ms
    world.accepts(*world.two, act=world.certificate(cui))
    assert world.certified(cui, signed_ms) == ["unknown"]
    world.refuses(Kernel.NOT_PERMITTED, cui, act=world.status(cui))
    world.accepts(world.ann, act=world.status(cui))
    assert world.certified(cui, signed_ms) == ["good"]
    assert world.certified(cui, signed_ms + DAY + 1) == ["unknown"], "after the next update"
    world.now_ms += 20 * DAY
    gone = world.status(
        cui, evidence=digest(7), kind="ocsp", revoked_ms=values.time_ms(signed_ms + 10 * DAY)
    )
    world.accepts(world.ann, act=gone, vector="accepts_revoked")
    assert world.row(KEYS, cui.key).revoked_height == 0, "on this network it binds no key"
    world.now_ms += 2000 * DAY
    assert world.certified(cui, signed_ms) == ["good"]
    assert world.certified(cui, signed_ms + 10 * DAY) == ["revoked"]
    assert world.certified(cui, 0) == [], "no certificate covers today"
    assert world.row(STATUSES, cui.key, CERTIFICATE, digest(7)).kind == "ocsp"


def test_where_certificates_bind_a_revoked_one_ends_its_key_from_the_next_block() -> None:
    world = Network(binds=1)
    cui = world.cui
    world.accepts(*world.two, act=world.certificate(cui))
    gone = world.status(cui, revoked_ms=values.time_ms(world.now_ms - 2000))
    world.accepts(world.ann, act=gone, vector="accepts_ending")
    world.refuses(Kernel.KEY_REVOKED, cui, act=ACT)
    again = replace(gone, evidence=digest(6))
    world.accepts(world.ann, act=again, vector="accepts_ended_before")


def test_a_status_is_refused_in_order_of_precedence() -> None:
    world = Network(binds=1)
    ann, cui, gao = world.ann, world.cui, world.gao
    empty = world.status(cui, next_ms=values.time_ms(0), key=values.key_id(bytes(16)))
    world.refuses(Refusal.PERIOD_EMPTY, ann, act=empty)
    world.refuses(Refusal.KEY_UNKNOWN, ann, act=world.status(cui, key=values.key_id(bytes(16))))
    another = world.status(cui, key=values.key_id(gao.key))
    world.refuses(Refusal.KEY_OF_ANOTHER, ann, act=another)
    voiceless = world.status(gao, revoked_ms=values.time_ms(world.now_ms + 1))
    world.refuses(Refusal.VOTE_IMPOSSIBLE, ann, act=voiceless)
    later = values.time_ms(world.now_ms + 1)
    unknown = world.status(cui, revoked_ms=later)
    world.refuses(Refusal.CERTIFICATE_UNKNOWN, ann, act=unknown)
    short = world.certificate(cui, until_ms=values.time_ms(world.now_ms + 10))
    world.accepts(*world.two, act=short)
    world.refuses(Refusal.STATUS_AHEAD, ann, act=unknown)
    ahead = world.status(cui, this_ms=later)
    world.refuses(Refusal.STATUS_AHEAD, ann, act=ahead, vector="refuses_early")
    good = world.status(cui)
    world.accepts(ann, act=good)
    world.refuses(Refusal.STATUS_RECORDED, ann, act=good)
    world.now_ms += 20
    late = world.status(cui, this_ms=values.time_ms(world.now_ms))
    world.refuses(Refusal.STATUS_AFTER_END, ann, act=late)

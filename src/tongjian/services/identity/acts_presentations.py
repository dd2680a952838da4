"""Presentations: the result of an authentication, once; never whose, and never what was shown.

Where a presentation of credentials decides something official, the desk that asked for it records
its nonce, for which audience, and whether it held. A second use, at this desk or another, is
refused (IDN-I3). When the window is over for good the row goes; refusal then comes from the window.
"""

from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import Clock, Named, Signer
from tongjian.core.values import Digest, TimeMs, Uscc, time_ms
from tongjian.services.identity.records import (
    PRESENTATIONS,
    Assurance,
    Presentation,
    PresentationDecided,
    PresentationForgotten,
    service,
)
from tongjian.services.identity.refusals import Refusal

SECOND_MS = 1000


class RecordPresentation(Act, tag="identity.record_presentation"):
    """Record that a presentation was accepted or turned away."""

    nonce: Digest
    """Hash of the nonce that the desk had drawn, and of the audience."""
    audience: Uscc
    issued_ms: TimeMs
    """When the desk drew the nonce."""
    accepted: bool
    assurance: Assurance


class ForgetPresentation(Act, tag="identity.forget_presentation"):
    """Take out a presentation whose window is over."""

    nonce: Digest


@service.operation(
    by=Signer("relying_officer", Named("audience")),
    law="Network Identity Measures art. 7; PIPL art. 6",
    writes=(PRESENTATIONS,),
)
def record_presentation(act: RecordPresentation, ledger: Ledger) -> PresentationDecided:
    """Record a presentation once, within its time window, with its result only."""
    ensure(ledger.get(PRESENTATIONS, act.nonce) is None, Refusal.PRESENTATION_USED)
    window_ms = ledger.parameter("presentation_window_seconds") * SECOND_MS
    ensure(act.issued_ms <= ledger.time_ms < act.issued_ms + window_ms, Refusal.PRESENTATION_LATE)

    row = Presentation(
        audience=act.audience,
        accepted=act.accepted,
        assurance=act.assurance,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(PRESENTATIONS, act.nonce, row=row)
    ledger.schedule(act.issued_ms + window_ms, ForgetPresentation(nonce=act.nonce))
    return PresentationDecided(nonce=act.nonce, audience=act.audience, accepted=act.accepted)


@service.operation(
    by=Clock(),
    law="PIPL art. 19",
    writes=(PRESENTATIONS,),
)
def forget_presentation(act: ForgetPresentation, ledger: Ledger) -> PresentationForgotten:
    """Forget a nonce that its own window refuses from now on; the log keeps the result."""
    ledger.remove(PRESENTATIONS, act.nonce)
    return PresentationForgotten(nonce=act.nonce)

"""The rules in force: active services, dated parameters, the operator's seal. Never back-dated."""

from typing import Final

from tongjian.core import limits
from tongjian.core.directory import (
    PARAMETERS,
    SEAL_KEYS,
    SERVICES,
    Activation,
    Parameter,
    ParameterValues,
    SealKey,
    Version,
)
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AllOf, AnyOf, Signer
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.core.validators import NETWORK_SUITE
from tongjian.core.values import Height, Label, Name, PublicKey, SuiteNumber, TimeMs, key_id, name
from tongjian.services.membership.acts_keys import is_seal
from tongjian.services.membership.records import (
    APPROVER,
    DRAFTER,
    ParameterSet,
    SealKeyRotated,
    ServiceActivated,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE

NETWORK: Final = name("membership")
LEGAL_OFFICE: Final = AllOf((Signer(DRAFTER), Signer(APPROVER)))


class ActivateService(Act, tag="membership.activate_service"):
    """Put a rule version of a service in force."""

    service: Name
    version: Version
    """0 switches the service off."""
    height: Height
    """First height at which the version decides."""


class SetParameter(Act, tag="membership.set_parameter"):
    """Put values of a service's parameter in force."""

    service: Name
    parameter: Name
    from_ms: TimeMs
    values: ParameterValues
    source: Label
    """The legal source, as the register of cited articles names it."""


class SetNetworkParameter(Act, tag="membership.set_network_parameter"):
    """Put values of a parameter of the network itself in force."""

    parameter: Name
    from_ms: TimeMs
    values: ParameterValues
    source: Label


class RotateSealKey(Act, tag="membership.rotate_seal_key"):
    """Replace the key with which the operator signs headers."""

    suite: SuiteNumber
    public: PublicKey
    from_height: Height


@service.operation(
    by=VOTE,
    law="Data Security Law art. 39",
    writes=(SERVICES,),
)
def activate_service(act: ActivateService, ledger: Ledger) -> ServiceActivated:
    """Activate a rule version from a height on; a folder that is present is not yet active.

    The machine of a node whose release lacks the version stops at that height, so the notice is
    the time in which every node is upgraded.
    """
    ensure(act.service != NETWORK or act.version > 0, Refusal.MEMBERSHIP_STAYS)
    current = _version(ledger, act.service)
    newer = act.version > current or (act.version == 0 and current > 0)
    ensure(newer, Refusal.VERSION_NOT_NEWER)
    notice = ledger.parameter("activation_notice_blocks")
    ensure(act.height >= ledger.height + notice, Refusal.NOTICE_TOO_SHORT)

    activation = Activation(version=current, next_version=act.version, next_height=act.height)
    ledger.put(SERVICES, act.service, row=activation)
    return ServiceActivated(service=act.service, version=act.version, height=act.height)


@service.operation(
    by=AnyOf((LEGAL_OFFICE, VOTE)),
    law="Legislation Law art. 104",
    writes=(PARAMETERS,),
)
def set_parameter(act: SetParameter, ledger: Ledger) -> ParameterSet:
    """Set values of a service's parameter from a moment on that has not passed."""
    ensure(act.service != NETWORK, Refusal.PARAMETER_OF_NETWORK)
    return _set_parameter(ledger, act.service, act)


@service.operation(
    by=VOTE,
    law="Legislation Law art. 104",
    writes=(PARAMETERS,),
)
def set_network_parameter(act: SetNetworkParameter, ledger: Ledger) -> ParameterSet:
    """Set values of a parameter of the network itself, such as the notice of an activation."""
    return _set_parameter(ledger, NETWORK, act)


@service.operation(
    by=VOTE,
    law="Electronic Signature Law art. 13",
    writes=(SEAL_KEYS,),
)
def rotate_seal_key(act: RotateSealKey, ledger: Ledger) -> SealKeyRotated:
    """Have headers signed by another key of the operator from a height on."""
    ensure(is_seal(act.suite, act.public), Refusal.KEY_WEAK)
    rows = ledger.range(SEAL_KEYS, limit=limits.RANGE_ROWS_MAX)
    ensure(all(row.public != act.public for _, row in rows), Refusal.KEY_EXISTS)
    notice = ledger.parameter("seal_notice_blocks")
    ensure(act.from_height >= ledger.height + notice, Refusal.NOTICE_TOO_SHORT)
    ensure(len(rows) < limits.RANGE_ROWS_MAX, Refusal.HISTORY_FULL)
    ensure(all(row.suite != NETWORK_SUITE for _, row in rows), Refusal.NETWORK_BEGUN)

    ledger.put(SEAL_KEYS, act.from_height, row=SealKey(suite=act.suite, public=act.public))
    identity = key_id(compute_key_id(ledger.digest, KeySuite(act.suite), act.public))
    return SealKeyRotated(suite=act.suite, key=identity, from_height=act.from_height)


def _version(ledger: Ledger, of: Name) -> Version:
    """Return the rule version in force at this height; 0 where the service is not active."""
    activation = ledger.get(SERVICES, of)
    if activation is None:
        return 0
    planned = activation.next_height
    return activation.next_version if 0 < planned <= ledger.height else activation.version


def _set_parameter(
    ledger: Ledger, of: Name, act: SetParameter | SetNetworkParameter
) -> ParameterSet:
    ensure(act.from_ms >= ledger.time_ms, Refusal.PARAMETER_RETROACTIVE)
    dated = ledger.range(PARAMETERS, of, act.parameter, limit=limits.RANGE_ROWS_MAX)
    ensure(len(dated) < limits.RANGE_ROWS_MAX, Refusal.HISTORY_FULL)

    row = Parameter(values=act.values, source=act.source)
    ledger.put(PARAMETERS, of, act.parameter, act.from_ms, row=row)
    return ParameterSet(
        service=of,
        parameter=act.parameter,
        from_ms=act.from_ms,
        values=act.values,
        source=act.source,
    )

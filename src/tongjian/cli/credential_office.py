"""What an issuing office does with credentials: issue, suspend, reinstate, revoke, publish."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.outputs import ForceOption, OutputOption, write_output
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.connectors.credentials.jose import Key, Signer
    from tongjian.connectors.credentials.registered import Place
    from tongjian.core.operation import Act
    from tongjian.engines.chain import Chain
    from tongjian.node.home import Home
    from tongjian.services.identity.acts_credentials import IssueChecked, IssueCredential
    from tongjian.services.identity.records_credentials import CredentialType

FORMS: Final = ("sd-jwt", "vcdm")
_DRAWS_MAX: Final = 1_000
AsOption = Annotated[
    list[str],
    typer.Option("--as", metavar="HOLDER", help="Whose keys sign the act: 经办, then 复核."),
]
SealOption = Annotated[
    str,
    typer.Option("--seal", metavar="HOLDER", help="Key of the office's DID, in the key store."),
]
FileArgument = Annotated[Path, typer.Argument(help="The credential.")]


class Wanted(NamedTuple):
    """What is to be issued, as it was typed."""

    kind: str
    version: int
    office: str
    region: str
    until_ms: int
    form: str
    holder: bytes | None
    licence: str | None


def issue(
    surface: Surface,
    *,
    kind: Annotated[str, typer.Option("--type", help="Type of the credential, such as resident.")],
    office: Annotated[str, typer.Option("--office", help="The issuing office.", metavar="USCC")],
    region: Annotated[str, typer.Option("--region", help="Where what is certified lies.")],
    claims: Annotated[str, typer.Option("--claims", metavar="JSON|@FILE", help="What it says.")],
    until: Annotated[str, typer.Option("--until", metavar="MOMENT", help="Last moment in force.")],
    seal: SealOption,
    holders: AsOption,
    version: Annotated[int, typer.Option("--version", help="Of the type.")] = 1,
    form: Annotated[str, typer.Option("--form", help="sd-jwt (claims are chosen) or vcdm.")] = (
        "sd-jwt"
    ),
    holder_key: Annotated[
        str | None,
        typer.Option("--holder-key", metavar="DID|JWK", help="Public key that presentations need."),
    ] = None,
    holder: Annotated[
        str | None,
        typer.Option("--holder", metavar="HEX", help="Pseudonym of the person, for the ledger."),
    ] = None,
    licence: Annotated[
        str | None, typer.Option("--licence", metavar="ID", help="The licence of an e-licence.")
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """签发凭证 Issue a credential: recorded on the ledger by commitment, written to a file.

    The key of the office's DID signs it (a file, one under a passphrase, or in a token); the
    officers' keys sign the act. No claim reaches the ledger.
    """
    from tongjian.cli.credential_files import holder_key as read_key
    from tongjian.cli.credential_files import signer
    from tongjian.node.home import Home

    if form not in FORMS:
        raise _usage(f"{form} is no form of a credential.", f"It is one of {', '.join(FORMS)}.")
    public = None if holder_key is None else read_key(holder_key)
    wanted = Wanted(
        kind,
        version,
        office,
        region,
        _moment(until),
        form,
        None if holder is None else _hex(holder),
        licence,
    )
    home = Home(surface.folder)
    signing = signer(home.key(seal))
    with home.open() as chain:
        place, row = _place(chain, wanted, signing)
        text, act = _make(chain, wanted, place, (row, _claims(claims)), (signing, public))
    path = output or Path(f"{kind}-{place.list_number}-{place.position}.{_suffix(form)}")
    write_output(path, text, force=force)
    _record(surface, home, holders, act, path)


def _record(
    surface: Surface, home: "Home", holders: list[str], act: "Act", path: Path | None
) -> None:
    """Record an act and show its answer; the file of what was not recorded is taken away."""
    from tongjian.catalogue import load_registry
    from tongjian.cli.outcome import show_answer
    from tongjian.cli.submit import submit

    operation = load_registry().tags[str(act.__struct_config__.tag)]
    is_recorded = False
    try:
        answer = submit(home, holders, (act,))
        is_recorded = answer.refusal is None
    finally:
        if not is_recorded and path is not None:
            path.unlink(missing_ok=True)
    if is_recorded and path is not None:
        surface.note(f"written: {path}", style="bold")
    show_answer(surface, answer, operation, is_rehearsal=False)


def _place(chain: "Chain", wanted: Wanted, signing: "Signer") -> tuple["Place", "CredentialType"]:
    """Return where the credential will stand: key, list, and an index drawn by chance."""
    from tongjian.connectors.credentials.registered import Place
    from tongjian.services.identity.records_credentials import DID_KEYS, DIDS, TYPES

    row = chain.store.row(TYPES, TYPES.key(wanted.kind, wanted.version))
    did = chain.store.row(DIDS, DIDS.key(wanted.office))
    if row is None or did is None:
        what = f"no type {wanted.kind} {wanted.version}" if row is None else "no DID of that office"
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is {what} on the ledger.",
            why="Nothing was issued.",
            rule="domain IDN-I5",
            then=f"tongjian identity credential-type --kind {wanted.kind} --limit 10",
        )
    for number in range(1, did.keys + 1):
        held = chain.store.row(DID_KEYS, DID_KEYS.key(wanted.office, number))
        if held is not None and held.public == signing.key.public:
            free = _free(chain, wanted.office)
            return Place(did.host, wanted.office, number, wanted.kind, wanted.version, *free), row
    raise Failure(
        ExitCode.UNAUTHORISED,
        "The key is none of the office's DID.",
        why="A credential that it signs would be refused by every verifier.",
        rule="domain IDN-I5",
        then=f"tongjian credential did {wanted.office}",
    )


def _free(chain: "Chain", office: str) -> tuple[int, int]:
    """Return the office's newest list and an index of it that nobody has."""
    from tongjian.services.identity.records_credentials import (
        CREDENTIALS,
        LIST_ENTRIES,
        STATUS_LISTS,
    )

    number = 0
    while True:
        row = chain.store.row(STATUS_LISTS, STATUS_LISTS.key(office, number))
        if row is None or row.used < LIST_ENTRIES // 2:
            break
        number += 1
    for _ in range(_DRAWS_MAX):
        index = secrets.randbelow(LIST_ENTRIES)
        if chain.store.row(CREDENTIALS, CREDENTIALS.key(office, number, index)) is None:
            return number, index
    raise Failure(
        ExitCode.CONFLICT,
        f"List {number} of {office} has no room.",
        why="No free place was found by chance.",
        then="repeat the command",
    )


def _make(
    chain: "Chain",
    wanted: Wanted,
    place: "Place",
    said: tuple["CredentialType", dict[str, Any]],
    keys: tuple["Signer", "Key | None"],
) -> tuple[bytes, "IssueCredential | IssueChecked"]:
    """Return the credential's text and the act that puts it on record."""
    from tongjian.cli.credential_files import refusing
    from tongjian.connectors.credentials import making, presenting
    from tongjian.node.clock import now_ms
    from tongjian.services.identity.acts_credentials import IssueChecked, IssueCredential

    row, claims = said
    signing, holder = keys
    make = making.make_token if wanted.form == FORMS[0] else making.make_document
    with refusing(Path(wanted.kind)):
        making.check_claims(row.claims, claims)
        made = make(
            place,
            claims,
            signing,
            from_ms=max(now_ms(), chain.tip.time_ms if chain.tip else 0),
            until_ms=wanted.until_ms,
            holder=holder,
        )
    fields: dict[str, Any] = {
        "office": wanted.office,
        "kind": wanted.kind,
        "version": wanted.version,
        "region": wanted.region,
        "list": place.list_number,
        "index": place.position,
        "commitment": making.commitment(chain.digest, made),
        "key": place.key,
        "until_ms": wanted.until_ms,
        "holder": wanted.holder,
        "licence": wanted.licence,
    }
    act = (IssueChecked if row.is_high_risk else IssueCredential)(**fields)
    return presenting.written(made), act


# -- status ---------------------------------------------------------------------------------------


def suspend(
    surface: Surface,
    file: FileArgument,
    holders: AsOption,
    reason: Annotated[
        str, typer.Option("--reason", help="holder_asked, doubt or key_compromised.")
    ] = "doubt",
) -> None:
    """暂停 Suspend a credential, by one person; from the next block on it is refused."""
    _change(surface, file, holders, "suspend_credential", reason)


def reinstate(
    surface: Surface,
    file: FileArgument,
    holders: AsOption,
    reason: Annotated[
        str, typer.Option("--reason", help="holder_asked or doubt_cleared.")
    ] = "doubt_cleared",
) -> None:
    """恢复 Let a suspended credential count again, by two persons."""
    _change(surface, file, holders, "reinstate_credential", reason)


def revoke(
    surface: Surface,
    file: FileArgument,
    holders: AsOption,
    reason: Annotated[
        str,
        typer.Option(
            "--reason",
            help="holder_asked, facts_changed, issued_in_error, fraud or key_compromised.",
        ),
    ],
) -> None:
    """撤销 Revoke a credential for good, by two persons."""
    _change(surface, file, holders, "revoke_credential", reason)


def _change(surface: Surface, file: Path, holders: list[str], name: str, reason: str) -> None:
    from tongjian.catalogue import load_registry
    from tongjian.cli.credential_files import read_credential
    from tongjian.cli.typed import build
    from tongjian.node.home import Home

    place = read_credential(file).place
    operation = load_registry().tags[f"identity.{name}"]
    texts = {
        "office": place.office,
        "list": str(place.list_number),
        "index": str(place.position),
        "reason": reason,
    }
    act: Any = build(operation.act, texts, f"tongjian credential {name.partition('_')[0]} --help")
    _record(surface, Home(surface.folder), holders, act, None)


def publish(
    surface: Surface,
    *,
    office: Annotated[str, typer.Argument(help="The office.", metavar="USCC")],
    seal: SealOption,
    number: Annotated[int, typer.Option("--list", help="Number of the status list.")] = 0,
    purpose: Annotated[str, typer.Option("--purpose", help="revocation or suspension.")] = (
        "revocation"
    ),
    hours: Annotated[int, typer.Option("--hours", help="How long the list is valid.")] = 24,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """公布状态名单 Write a status list as any verifier of the W3C's standard reads it, signed.

    Its bits are those of the ledger, under the root that the ledger recorded.
    """
    from tongjian.cli.credential_files import refusing, signer
    from tongjian.connectors.credentials import publishing
    from tongjian.node.clock import now_ms
    from tongjian.node.home import Home

    home = Home(surface.folder)
    signing = signer(home.key(seal))
    with home.open() as chain, refusing(Path(purpose)):
        place, bits = publishing.bits_of(chain.store, chain.digest, office, number, purpose)
        data = publishing.signed_list(
            place, purpose, bits, signing, from_ms=now_ms(), hours=hours, reader=chain.store
        )
        height = chain.height
    path = output or Path(f"{purpose}-{number}.json")
    write_output(path, data, force=force)
    said = {"file": str(path), "purpose": purpose, "height": height, "bits": len(bits) * 8}
    if surface.as_json:
        surface.document(said)
        return
    surface.pairs((name, str(value)) for name, value in said.items())


# -- what was typed -------------------------------------------------------------------------------


def _suffix(form: str) -> str:
    return "sdjwt" if form == FORMS[0] else "json"


def _claims(text: str) -> dict[str, Any]:
    from tongjian.cli.inputs import read_file
    from tongjian.connectors.credentials.documents import read_document
    from tongjian.connectors.credentials.errors import CredentialMalformed

    data = read_file(Path(text[1:])) if text.startswith("@") else text.encode()
    try:
        return read_document(data)
    except CredentialMalformed as error:
        raise _usage("--claims is no object of JSON.", f"{error}.") from error


def _moment(text: str) -> int:
    from tongjian.cli.inputs import moment_of

    # Credentials say whole seconds; the ledger holds the same moment.
    return moment_of("--until", text, "tongjian credential issue --help") // 1000 * 1000


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise _usage("--holder is no pseudonym.", f"{error}.") from error


def _usage(what: str, why: str) -> Failure:
    return Failure(ExitCode.USAGE, what, why=why, then="tongjian credential issue --help")

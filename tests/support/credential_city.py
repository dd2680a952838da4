"""A city on a real ledger that issues credentials, as its people do it: by commands."""

from pathlib import Path
from typing import Any, Final

from credential_town import CITY, DATA, DISTRICT, HOST, LIN, POLICE, SCHOOLS, commit
from terminal import answer, ok

from tongjian.node import founding
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer

OFFICES: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    DATA: ("data", "data_bureau", ("issuer_registrar", "issuer_registrar_checker")),
    SCHOOLS: ("schools", "education", ("credential_issuer", "credential_checker")),
    POLICE: (
        "police",
        "police",
        ("credential_issuer", "credential_checker", "identity_clerk", "identity_verifier"),
    ),
}
CLAIMS: Final = ("is_adult", "is_resident", "is_teacher")
LIN_SAYS: Final = '{"is_adult":true,"is_resident":true,"is_teacher":true,"school":"第三小学"}'
FAR: Final = "2027-06-30T00:00:00Z"


def both(office: str) -> list[str]:
    """Return the options that have maker and checker of an office sign."""
    label, _, roles = OFFICES[office]
    return [part for role in roles[:2] for part in ("--as", f"{label}-{role}".replace("_", "-"))]


class City:
    """A ledger with a registered issuer; each method is a person at a terminal."""

    def __init__(self, folder: Path) -> None:
        """Found the ledger in a folder and have the education office registered."""
        self.home = folder / "ledger"
        self.folder = folder
        plan = Plan(
            label="city",
            office=[
                PlanOffice(uscc=uscc, label=label, name=label, region=CITY, kind=kind)
                for uscc, (label, kind, _) in OFFICES.items()
            ],
            officer=[
                PlanOfficer(holder=f"{label}-{role}".replace("_", "-"), office=uscc, roles=[role])
                for uscc, (label, _, roles) in OFFICES.items()
                for role in roles
            ],
        )
        founding.found(plan, self.home)
        self.trust = self.home / "anchors.json"
        self._register()

    def _register(self) -> None:
        kinds = [{"name": name, "kind": "boolean"} for name in CLAIMS]
        declared = [*kinds, {"name": "school", "kind": "text"}]
        type_of = ("--kind", "resident", "--version", 1)
        claims = [part for one in declared for part in ("--claims", str(one).replace("'", '"'))]
        self.ok(
            *("identity", "define-type", *type_of, "--region", CITY, *claims),
            *("--schema", commit("schema").hex(), "--law", "provisions.10"),
            *("--office-kinds", "education", "--office-kinds", "police", "--days-max", 400),
            *("--is-high-risk", "false", "--is-licence", "false", *both(DATA)),
        )
        self.ok(
            *("identity", "register-issuer", *type_of, "--office", SCHOOLS, "--registrar", DATA),
            *("--region", CITY, "--until-ms", "2030-01-01T00:00:00Z", *both(DATA)),
        )
        self.ok("keys", "new", "schools-seal")
        self.create_did(SCHOOLS, "schools-seal")
        self.ok(
            *("identity", "register-person", "--person", LIN.hex(), "--office", POLICE),
            *("--domain", "identity", "--capacity", "adult", "--link", commit("link").hex()),
            *("--as", "police-identity-clerk", "--as", "police-identity-verifier"),
        )

    def create_did(self, office: str, holder: str, suite: int = 1) -> None:
        """Give an office its identifier with a key of the key store."""
        from tongjian.node.home import Home

        public = Home(self.home).identity(holder).public
        self.ok(
            *("identity", "create-did", "--office", office, "--host", HOST, "--suite", suite),
            *("--public", public.hex(), "--until-ms", "2030-01-01T00:00:00Z", *both(office)),
        )

    def ok(self, *arguments: object) -> Any:
        """Run a command that must succeed, on this ledger."""
        return ok(*arguments, home=self.home)

    def key(self, name: str, suite: str = "ed25519") -> dict[str, Any]:
        """Draw a holder's key and return its public half; the file is NAME.key."""
        path = self.folder / f"{name}.key"
        said: dict[str, Any] = answer("credential", "key", path, "--suite", suite)
        return said

    def issue(self, name: str, holder_key: str, *more: object, code: int = 0) -> Path:
        """Issue a credential to Lin Xiaohai's key and return its file."""
        path = self.folder / f"{name}.vc"
        answer(
            *("credential", "issue", "--type", "resident", "--office", SCHOOLS),
            *("--region", DISTRICT, "--claims", LIN_SAYS, "--until", FAR),
            *("--holder-key", holder_key, "--seal", "schools-seal"),
            *("--as", "schools-credential-issuer", "-o", path, *more),
            home=self.home,
            code=code,
        )
        return path

    def receipt(self, file: Path) -> Path:
        """Have the ledger's receipt on a credential written beside it."""
        path = file.with_suffix(".receipt")
        answer("credential", "status", file, "-o", path, "--force", home=self.home)
        return path

    def ask(self, desk: str, audience: str = "housing desk") -> tuple[str, ...]:
        """Have a desk draw a nonce; return the options that name the request."""
        book = self.folder / f"{desk}.book"
        said = answer("credential", "ask", "--audience", audience, "--book", book)
        return ("--audience", audience, "--nonce", said["nonce"])

    def present(self, file: Path, asked: tuple[str, ...], *claims: str, by: str = "lin") -> Path:
        """Have the holder show chosen claims; return the file."""
        path = file.with_suffix(".shown")
        shown = [part for claim in claims for part in ("--disclose", claim)]
        key = ("--key", self.folder / f"{by}.key") if asked else ()
        ok("credential", "present", file, *shown, *key, *asked, "-o", path, "--force")
        return path

    def verify(
        self,
        shown: Path,
        asked: tuple[str, ...],
        receipt: Path,
        *more: object,
        desk: str = "",
        code: int = 0,
    ) -> dict[str, Any]:
        """Have a desk check what it was handed, with no ledger at hand."""
        book = ("--book", self.folder / f"{desk}.book") if desk else ()
        said: dict[str, Any] = answer(
            *("credential", "verify", shown, "--trust", self.trust, "--receipt", receipt),
            *(*asked, *book, *more),
            code=code,
        )
        return said

    def refused(self, shown: Path, asked: tuple[str, ...], receipt: Path, **more: Any) -> str:
        """Have a desk refuse what it was handed; return the step that did not hold."""
        said = self.verify(shown, asked, receipt, code=4, **more)
        assert said["failed"]["why"]["zh"]
        return f"{said['failed']['step']}: {said['failed']['why']['en']}"

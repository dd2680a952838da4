"""Where a ledger stands: height, time, size, seal, services in force."""

from dataclasses import dataclass

from tongjian.cli.locks import holder_of
from tongjian.cli.moments import write_age, write_moment
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.node.clock import now_ms
from tongjian.node.home import Home


@dataclass(frozen=True)
class Standing:
    """What `tongjian status` says."""

    label: str
    chain: str
    folder: str
    height: int
    time_ms: int
    now_ms: int
    app_roots: tuple[str, str]
    """State root and log root of the tip."""
    results: int
    """Transactions and deadlines on the log."""
    rows: int
    entries: int
    log_bytes: int
    store_bytes: int
    seal_key: str
    services: dict[str, int]
    writer: str
    """Who has the ledger open for writing; empty where nobody has."""

    def as_json(self) -> dict[str, object]:
        """Return it for machines."""
        return {
            "label": self.label,
            "chain": self.chain,
            "folder": self.folder,
            "height": self.height,
            "time_ms": self.time_ms,
            "state_root": self.app_roots[0],
            "log_root": self.app_roots[1],
            "log_size": self.results,
            "rows": self.rows,
            "entries": self.entries,
            "log_bytes": self.log_bytes,
            "store_bytes": self.store_bytes,
            "seal_key": self.seal_key,
            "services": self.services,
            "writer": self.writer,
        }

    def pairs(self) -> list[tuple[str, str]]:
        """Return it for people."""
        age = write_age(self.now_ms - self.time_ms)
        services = ", ".join(f"{name} {version}" for name, version in self.services.items())
        return [
            ("ledger", f"{self.label} in {self.folder}"),
            ("chain", self.chain),
            ("height", str(self.height)),
            ("tip", f"{write_moment(self.time_ms)}, {age} ago"),
            ("state root", self.app_roots[0]),
            ("log root", self.app_roots[1]),
            ("recorded", f"{self.results} transactions and deadlines"),
            ("rows", f"{self.rows} standing, {self.entries} entries ever written"),
            ("disk", f"{_size(self.log_bytes)} block log, {_size(self.store_bytes)} store"),
            ("seal key", self.seal_key),
            ("services", services or "none"),
            ("writer", self.writer or "nobody has it open"),
        ]


def standing_of(home: Home, chain: Chain) -> Standing:
    """Return where an open ledger stands."""
    header = chain.header(chain.height)
    seal = chain.sealing_key(chain.height + 1)
    kid = compute_key_id(chain.digest, KeySuite(seal.suite), seal.public)
    directory = chain.machine.directory
    versions = {
        name: directory.version(name, chain.height + 1) for name in chain.machine.registry.services
    }
    tree = chain.commitment.tree
    return Standing(
        label=chain.genesis.label,
        chain=chain.chain_id.hex(),
        folder=str(home.folder),
        height=chain.height,
        time_ms=header.time_ms,
        now_ms=now_ms(),
        app_roots=(header.state_root.hex(), header.log_root.hex()),
        results=header.log_size,
        # The empty key that begins the order is an entry, but no row.
        rows=tree.retired_at.count(0) - 1,
        entries=tree.count,
        log_bytes=(home.folder / LOG_NAME).stat().st_size,
        store_bytes=(home.folder / STORE_NAME).stat().st_blocks * 512,
        seal_key=kid.hex(),
        services={name: version for name, version in versions.items() if version},
        writer=holder_of(home.folder),
    )


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:  # noqa: PLR2004 - a KiB
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"

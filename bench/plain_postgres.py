"""The control on PostgreSQL: a cluster of its own in a temporary folder, flushed, on a socket."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from bench.plain import Append, Signed, chained, work

SCHEMA: Final = """
CREATE TABLE log (
    number bigserial PRIMARY KEY, id bytea UNIQUE, message bytea, signature bytea, hash bytea
);
CREATE TABLE head (one integer PRIMARY KEY, hash bytea);
INSERT INTO head VALUES (1, decode(repeat('00', 32), 'hex'));
"""
OPTIONS: Final = (
    "-c listen_addresses='' -c fsync=on -c synchronous_commit=on -c wal_sync_method=fdatasync "
    "-c full_page_writes=on -c shared_buffers=512MB"
)
OWNER: Final = "bench"
DISTRIBUTION_FOLDERS: Final = "/usr/lib/postgresql"


class Missing(Exception):
    """PostgreSQL, or the library that talks to it, is not installed; the text says which."""


def find_programs() -> Path:
    """Return the folder of initdb and pg_ctl; raises `Missing`."""
    on_path = shutil.which("initdb")
    places = sorted(Path(DISTRIBUTION_FOLDERS).glob("*/bin/initdb"), key=_version)
    if on_path is None and not places:
        msg = "no PostgreSQL server programs are installed (initdb, pg_ctl)"
        raise Missing(msg)
    try:
        import psycopg  # noqa: F401, PLC0415 - only this control needs it
    except ImportError as error:
        msg = "the package psycopg is not installed: pip install 'tongjian[pg]'"
        raise Missing(msg) from error
    return places[-1].parent if places else Path(str(on_path)).parent


def _version(path: Path) -> int:
    name = path.parents[1].name
    return int(name) if name.isdigit() else 0


@contextmanager
def cluster(programs: Path, folder: Path) -> Iterator[Path]:
    """Run a cluster with the table in a new folder; yield the folder of its socket.

    The server refuses to run as root: it then runs as an account without rights, which must be able
    to enter the folders above.
    """
    folder.mkdir()
    account = _account()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
        _let_through(folder)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's programs quietly."""
        subprocess.run(
            [str(programs / program), *arguments],
            check=True,
            user=account and account.pw_uid,
            group=account and account.pw_gid,
            extra_groups=account and [],
            cwd=folder,
            stdout=subprocess.DEVNULL,
        )

    run("initdb", "-D", str(data), "-U", OWNER, "-A", "trust", "--no-instructions")
    log = str(folder / "log")
    run("pg_ctl", "-D", str(data), "-l", log, "-w", "-o", f"{OPTIONS} -k {folder}", "start")
    try:
        with _open(folder) as database:
            database.execute(SCHEMA)
        yield folder
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def _account() -> pwd.struct_passwd | None:
    if os.getuid():
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    msg = "PostgreSQL does not run as root, and there is no account `postgres` or `nobody`"
    raise Missing(msg)


def _let_through(folder: Path) -> None:
    """Let the account pass through the private folder above."""
    above = folder.parent
    above.chmod(above.stat().st_mode | 0o011)


def _open(socket: Path) -> Any:
    import psycopg  # noqa: PLC0415 - only this control needs it

    return psycopg.connect(host=str(socket), user=OWNER, dbname="postgres", autocommit=True)


def connect(socket: Path) -> Append:
    """Return what appends to the table."""
    database = _open(socket)

    def append(jobs: Sequence[Signed]) -> None:
        """Append in one transaction that locks the head; many rows go by COPY, the fastest way."""
        with database.transaction(), database.cursor() as cursor:
            (head,) = cursor.execute("SELECT hash FROM head FOR UPDATE").fetchone()
            rows = list(chained(head, jobs))
            if len(rows) == 1:
                insert = "INSERT INTO log (id, message, signature, hash) VALUES (%b, %b, %b, %b)"
                cursor.execute(insert, rows[0], prepare=True)
            else:
                columns = "COPY log (id, message, signature, hash) FROM STDIN (FORMAT BINARY)"
                with cursor.copy(columns) as copy:
                    for row in rows:
                        copy.write_row(row)
            cursor.execute("UPDATE head SET hash = %b", (rows[-1][3],), prepare=True)

    return append


if __name__ == "__main__":
    work(Path(sys.argv[2]), lambda: connect(Path(sys.argv[1])), int(sys.argv[3]))

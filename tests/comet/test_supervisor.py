"""What the supervisor makes of an engine that runs and stands still."""

import errno
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tongjian.node import supervisor as supervisor_module
from tongjian.node.supervisor import VERSION, Supervisor

ENGINE = """\
#!/bin/sh
if [ "$1" = version ]; then echo {version}; exit; fi
echo started >> {starts}
if [ "$(wc -l < {starts})" -eq 1 ]; then
    echo '{{"level":"error","_msg":"CONSENSUS FAILURE!!!","err":"{error}"}}'
fi
exec sleep 600
"""
ANSWER_S = 60


@pytest.fixture
def supervise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Supervisor]]:
    """Run an engine that fails once with an error, and then runs."""
    made: list[Supervisor] = []

    def run(error: str) -> Supervisor:
        program = tmp_path / "engine"
        text = ENGINE.format(version=VERSION, starts=tmp_path / "starts", error=error)
        program.write_text(text, "utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("TONGJIAN_COMETBFT", str(program))
        made.append(Supervisor(tmp_path, tmp_path / "rpc.sock", lambda: ""))
        made[0].start()
        return made[0]

    yield run
    made[0].stop()


def wait(holds: Callable[[], object]) -> None:
    end = time.monotonic() + ANSWER_S
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("error", ["no space left on device", "file too large"])
def test_an_engine_whose_disk_was_full_is_started_again(
    supervise: Callable[[str], Supervisor], error: str
) -> None:
    supervisor = supervise(f"failed to write to consensus WAL due to write: {error}")
    wait(lambda: supervisor.starts >= 2 and supervisor.pid)
    assert supervisor.alarm == ""


def test_an_engine_is_watched_though_the_log_takes_no_more(
    supervise: Callable[[str], Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def info(self, event: str, **fields: object) -> None:
            raise OSError(errno.ENOSPC, event)

        warning = error = info

    monkeypatch.setattr(supervisor_module, "_log", Full())
    supervisor = supervise("no space left on device")
    wait(lambda: supervisor.starts >= 2 and supervisor.pid)
    assert supervisor.alarm == ""


def test_an_engine_that_has_parted_is_left_as_it_is(
    supervise: Callable[[str], Supervisor],
) -> None:
    supervisor = supervise("wrong Block.Header.AppHash")
    wait(lambda: supervisor.alarm)
    assert "cannot agree" in supervisor.alarm
    assert supervisor.starts == 1
    assert supervisor.pid

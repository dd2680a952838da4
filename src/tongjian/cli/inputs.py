"""What commands are given: files to read, moments."""

from pathlib import Path

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.moments import parse_moment


def require_file(path: Path) -> None:
    """Raise `Failure` where there is no such file."""
    if not path.is_file():
        raise Failure(
            ExitCode.NOT_FOUND,
            f"There is no file {path}.",
            why="Nothing was read and nothing recorded.",
            then="repeat the command with a file that exists",
        )


def read_file(path: Path) -> bytes:
    """Return what a file holds; raises `Failure` where there is none."""
    require_file(path)
    return path.read_bytes()


def moment_of(option: str, text: str, then: str) -> int:
    """Return the milliseconds of a moment that an option gives; raises `Failure`.

    `then` is what to do where it is none.
    """
    try:
        return parse_moment(text)
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE,
            f"{option} {text!r} is no moment.",
            why=f"{error}.",
            rule="a moment is an ISO 8601 time, Shanghai's where it has no offset",
            then=then,
        ) from error

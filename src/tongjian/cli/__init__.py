"""The program `tongjian`, also `tj`: found, act, ask, prove, verify, and look after a ledger.

Data goes to stdout, everything else to stderr; exit codes are in `cli.failures`. Modules import
what is heavy inside their commands, so that `tongjian --version` stays fast.
"""


def main() -> None:
    """Run the program."""
    from tongjian.cli.app import app

    app()

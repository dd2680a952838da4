"""Play the three journeys of the demonstration, each on a ledger of its own, and prove its end.

`python tools/journeys.py FOLDER` writes FOLDER/F1, FOLDER/F2, FOLDER/F6, replacing what is there.
The plays are those of the tests (tests/support/journeys.py).
"""

import shutil
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from journeys import JOURNEYS, Journey, play_on_ledger  # noqa: E402 - found by the line above

from tongjian.engines.receipts import Receipts  # noqa: E402
from tongjian.verifier.receipt import verify_receipt  # noqa: E402


def main(arguments: list[str]) -> int:
    """Play all journeys; return 0 where each ended as it must."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python tools/journeys.py FOLDER\n")
        return 2
    folder = Path(arguments[0])
    sys.stdout.write("Three journeys over several services, each on a ledger of its own\n")
    for journey in JOURNEYS:
        _play(journey, folder / journey.flow)
    sys.stdout.write(f"All three ended as they must; their ledgers are in {folder}.\n")
    return 0


def _play(journey: Journey, folder: Path) -> None:
    begun = time.perf_counter()
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(f"{journey.flow}  {journey.zh}  {journey.en}\n")
    world = play_on_ledger(journey, folder, lambda text: print(f"    {text}"))
    home = world.home
    with home.open() as chain:
        envelope = chain.body(chain.height).envelopes[-1]
        receipt = Receipts(chain).of_transaction(chain.opener.open(envelope).id)
        verify_receipt(receipt, home.anchors())
        taken = time.perf_counter() - begun
        sys.stdout.write(
            f"    the last step as a receipt of {len(receipt):,} bytes: verified offline; "
            f"{chain.height + 1} blocks in {taken:.1f} s\n"
        )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

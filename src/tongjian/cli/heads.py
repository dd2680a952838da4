"""Two heads of one log: the receipt that the later one continues the earlier."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.look import height_of
from tongjian.cli.outputs import CoseOption, CosignedOption, ForceOption, OutputOption
from tongjian.cli.prove import COSE_SUFFIX, SUFFIX, finish, merged, of_height
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.engines.chain import Chain
    from tongjian.node.home import Home

_KIND: Final = "consistency"


def consistency(
    surface: Surface,
    first: Annotated[int, typer.Argument(help="Height of the earlier head.")],
    second: Annotated[int | None, typer.Argument(help="Height of the later; else the tip.")] = None,
    output: OutputOption = None,
    force: ForceOption = False,
    cose: CoseOption = False,
    cosigned: CosignedOption = None,
) -> None:
    """Write the receipt that the log of one height continues that of an earlier one.

    Whoever kept the earlier head checks it: tongjian verify FILE --trust FILE --since CHECKPOINT.
    """
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        head = merged(cosigned or [])
        asked = second if head is None or second is not None else head.head().height
        heights = height_of(chain, first), height_of(chain, asked)
        signed = None if head is None else of_height(chain, head, heights[1])
        data = (_cose if cose else _own)(home, chain, heights, signed)
    name = f"{heights[0]}-{heights[1]}"
    suffix = COSE_SUFFIX if cose else SUFFIX
    path = Path(f"{_KIND}-{name}{suffix}") if output is None else output
    finish(surface, path, data, (f"heads {name}", _KIND, heights[1]), force=force)


def _own(home: "Home", chain: "Chain", heights: tuple[int, int], cosigned: bytes | None) -> bytes:
    from tongjian.engines.receipts import Receipts

    del home
    draft = Receipts(chain).draft(heights[1])
    draft.consistency(heights[0])
    return draft.finish(cosigned)


def _cose(home: "Home", chain: "Chain", heights: tuple[int, int], cosigned: bytes | None) -> bytes:
    from tongjian.engines.cose_receipts import CoseReceipts

    signer = home.seal_keys().signer(chain.sealing_key(heights[1]))
    return CoseReceipts(chain, signer).of_consistency(*heights, cosigned)

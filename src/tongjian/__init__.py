"""Keep official acts on a ledger whose every answer carries its proof."""

__version__ = "0.1.0"

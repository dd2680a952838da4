"""The clock and the source of chance, read nowhere else."""

import secrets
import time


def now_ms() -> int:
    """Return milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def nonce() -> bytes:
    """Return the 16 random bytes that keep two equal requests apart."""
    return secrets.token_bytes(16)


def salt() -> bytes:
    """Return the 32 random bytes that hide a value behind its commitment."""
    return secrets.token_bytes(32)

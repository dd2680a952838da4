"""What the figures were taken on, and small measures of processes and files."""

import os
import platform
import ssl
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tongjian import __version__

FLAGS: Final = ("sha_ni", "aes", "avx2", "avx512ifma", "bmi2", "adx")
"""Processor flags that hashes and curves profit from."""
FLUSHES: Final = 300
PAGE_BYTES: Final = 4096
TICKS: Final = os.sysconf("SC_CLK_TCK")


def percentile(sorted_values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the sorted values lies."""
    return sorted_values[min(int(len(sorted_values) * share), len(sorted_values) - 1)]


def facts(place: Path) -> dict[str, str]:
    """Return the facts of the machine and of the disk under a folder."""
    median_ms, worst_ms = flush_ms(place)
    flush = f"p50 {median_ms:.3f} ms, p99 {worst_ms:.3f} ms, on {_file_system(place)}"
    return {
        "when": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "flags": " ".join(flag for flag in FLAGS if flag in _cpuinfo("flags").split()),
        "kernel": platform.release(),
        "Python": f"{platform.python_version()}, {ssl.OPENSSL_VERSION}",
        "memory": f"{_meminfo('MemTotal') / 1024**2:.1f} GiB",
        "flush of 4 KiB": flush,
        "suite": "Ed25519 (ZIP 215), SHA-256",
        "tongjian": __version__,
    }


def load() -> float:
    """Return the load average of the last minute."""
    return os.getloadavg()[0]


def flush_ms(place: Path) -> tuple[float, float]:
    """Return median and 99th percentile in ms of appending 4 KiB and flushing it."""
    taken: list[float] = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(FLUSHES):
            start = time.perf_counter()
            os.write(file.fileno(), bytes(PAGE_BYTES))
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - start) * 1000)
    taken.sort()
    return percentile(taken, 0.5), percentile(taken, 0.99)


def disk_bytes(path: Path) -> int:
    """Return the bytes that a file takes on the disk; holes of a sparse file do not count."""
    return path.stat().st_blocks * 512


def child_cpu_s() -> list[float]:
    """Return the processor time in seconds of each child process that runs now, oldest first."""
    children = sorted(
        int(child)
        for task in Path("/proc/self/task").iterdir()
        for child in (task / "children").read_text().split()
    )
    taken: list[float] = []
    for child in children:
        # The name in field 2 may hold spaces; user and system time are fields 14 and 15.
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
        taken.append((int(fields[11]) + int(fields[12])) / TICKS)
    return taken


def memory_mib() -> tuple[float, float]:
    """Return resident memory of this process now and at its peak, in MiB."""
    status = dict(
        line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if line
    )
    return tuple(int(status[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def _processor() -> str:
    family = f"family {_cpuinfo('cpu family')} model {_cpuinfo('model')}"
    return f"{_cpuinfo('model name') or platform.machine()} ({family})"


def _cpuinfo(name: str) -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        field, _, value = line.partition(":")
        if field.strip() == name:
            return value.strip()
    return ""


def _meminfo(name: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def _file_system(place: Path) -> str:
    """Return the type of the file system with the longest mount point above a folder."""
    here = str(place.resolve()) + "/"
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        if here.startswith(point.rstrip("/") + "/") and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]

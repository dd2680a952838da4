"""What tools of others in Go say of our signed heads and tiles: they accept ours, nothing else."""

import subprocess
from pathlib import Path

import pytest
from small import Small, put

from tongjian.core.hashing import sha256
from tongjian.engines.chain import Chain
from tongjian.engines.heads import checkpoint_at, export_tiles
from tongjian.node.home import SEAL_KEY_NAME
from tongjian.node.keys import KeyPair
from tongjian.verifier import checkpoint

PROGRAM = Path(__file__).parents[1] / "go/build/c2sp"
WITNESSES = [(f"w{n}.example", KeyPair(bytes([n]) * 32, sha256)) for n in (1, 2)]
SECONDS = 1_795_060_800

pytestmark = [
    pytest.mark.go,
    pytest.mark.skipif(not PROGRAM.is_file(), reason="needs Go 1.24 and `make go-tools`"),
]


def tool(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the program of others."""
    asked = [PROGRAM, *map(str, arguments)]
    return subprocess.run(asked, input=given, capture_output=True, check=False, timeout=100)


def grown(small: Small, chain: Chain, entries: int) -> Chain:
    """Record transactions, forty a block."""
    for first in range(0, entries, 40):
        names = [f"thing_{number}" for number in range(first, min(first + 40, entries))]
        small.apply(chain, *(small.envelope(put(name, 1)) for name in names))
    return chain


@pytest.fixture
def exported(small: Small, tmp_path: Path) -> tuple[Path, str, str]:
    """Give the files of a log of two full tiles and a part, its origin and the operator's key."""
    folder = tmp_path / "tiles"
    with small.opened() as chain:
        grown(small, chain, 613)
        key = chain.sealing_key(chain.height)
        export_tiles(chain, folder, small.seal_key.signer(key))
        origin = checkpoint.compute_origin(chain.genesis.label, chain.chain_id)
    assert (folder / "tile/0/001").is_file()
    assert (folder / "tile/0/002.p/101").is_file()
    return folder, origin, key.public.hex()


def test_fsck_of_tessera_finds_the_log_sound(exported: tuple[Path, str, str]) -> None:
    folder, origin, public = exported
    done = tool("fsck", origin, public, folder)
    assert (done.returncode, done.stdout) == (0, b"sound\n"), done.stderr.decode()


@pytest.mark.parametrize(
    "name",
    ["tile/0/001", "tile/0/002.p/101", "tile/1/000.p/2", "tile/entries/000", "checkpoint"],
)
def test_fsck_of_tessera_finds_a_changed_file(exported: tuple[Path, str, str], name: str) -> None:
    folder, origin, public = exported
    path = folder / name
    data = path.read_bytes()
    path.write_bytes(data[:40] + bytes([data[40] ^ 1]) + data[41:])
    assert tool("fsck", origin, public, folder).returncode == 1


def test_the_note_package_of_go_verifies_a_signed_head(small: Small) -> None:
    with small.opened() as chain:
        grown(small, chain, 3)
        key = chain.sealing_key(chain.height)
        head = checkpoint_at(chain, chain.height, small.seal_key.signer(key))
    signed = [checkpoint.cosign(head.text, name, witness, SECONDS) for name, witness in WITNESSES]
    cosigned = checkpoint.make_checkpoint(head.text, (*head.signatures, *signed)).encode()
    asked = ("note", head.origin, key.public.hex())
    named = [part for name, witness in WITNESSES for part in (name, witness.public.hex())]
    for data, arguments, wanted in (
        (head.encode(), asked, [head.origin]),
        (cosigned, asked, [head.origin]),
        (cosigned, (*asked, *named), [head.origin, *(name for name, _ in WITNESSES)]),
    ):
        done = tool(*arguments, given=data)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode().split() == wanted

    stranger = small.home.key(SEAL_KEY_NAME).public[::-1].hex()
    changed = head.encode().replace(b"\n3\n", b"\n4\n")
    assert tool("note", head.origin, stranger, given=head.encode()).returncode == 1
    assert tool(*asked, given=changed).returncode == 1
    # A witness that is trusted and whose signature does not hold spoils the whole note.
    spoilt = checkpoint.cosign(head.text, WITNESSES[0][0], WITNESSES[0][1], SECONDS)
    other = checkpoint.NoteSignature(spoilt.name, spoilt.key_id, bytes(8) + spoilt.signature[8:])
    bad = checkpoint.make_checkpoint(head.text, (*head.signatures, other)).encode()
    assert tool(*asked, *named, given=bad).returncode == 1

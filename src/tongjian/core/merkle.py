"""The transaction log as a Merkle tree of RFC 9162 (section 2.1): roots and proofs.

Leaves are hashed as H(0x00 ‖ leaf), nodes as H(0x01 ‖ left ‖ right); the hash is the chain's own.
Nodes are addressed as (level, index): the node covers leaves index·2^level to (index+1)·2^level.
"""

from collections.abc import Callable, Iterable

from tongjian.core.hashing import Hash

NodeAt = Callable[[int, int], bytes]
"""Returns the hash of a complete node at (level, index)."""


class ProofInvalid(ValueError):
    """A proof that does not lead where it claims; the text says which step failed."""


def leaf_hash(digest: Hash, leaf: bytes) -> bytes:
    """Return the hash of a leaf (RFC 9162, 2.1.1)."""
    return digest(b"\x00" + leaf)


def node_hash(digest: Hash, left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 9162, 2.1.1)."""
    return digest(b"\x01" + left + right)


class Frontier:
    """The right edge of the tree: the complete subtrees of a log of some size, largest first."""

    def __init__(self, digest: Hash, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """Resume from a size and the hashes of its complete subtrees, largest first."""
        self._digest = digest
        self.size = size
        self._peaks = list(peaks)

    def peaks(self) -> tuple[bytes, ...]:
        """Return the hashes of the complete subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add the hash of the next leaf."""
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Add the hashes of the next leaves."""
        peaks, digest, size = self._peaks, self._digest, self.size
        for leaf in leaves:
            node = leaf
            merges = size
            while merges & 1:
                node = digest(b"\x01" + peaks.pop() + node)
                merges >>= 1
            peaks.append(node)
            size += 1
        self.size = size

    def root(self) -> bytes:
        """Return the root; of an empty log, the hash of nothing."""
        if not self._peaks:
            return self._digest(b"")
        node = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            node = self._digest(b"\x01" + peak + node)
        return node

    def copy(self) -> "Frontier":
        """Return an independent copy."""
        return Frontier(self._digest, self.size, self._peaks)


def root_of_range(digest: Hash, start: int, end: int, node_at: NodeAt) -> bytes:
    """Return the root of leaves start to end, a range as the recursion of RFC 9162 splits it."""
    size = end - start
    level = (size - 1).bit_length()
    if size == 1 << level:
        return node_at(level, start >> level)
    middle = start + (1 << (level - 1))
    left = node_at(level - 1, start >> (level - 1))
    return node_hash(digest, left, root_of_range(digest, middle, end, node_at))


def inclusion_proof(digest: Hash, index: int, size: int, node_at: NodeAt) -> list[bytes]:
    """Return the path from a leaf to the root of a log of a size (RFC 9162, 2.1.3.1)."""
    if not 0 <= index < size:
        msg = f"leaf {index} is not in a log of {size}"
        raise IndexError(msg)
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < middle:
            path.append(root_of_range(digest, middle, end, node_at))
            end = middle
        else:
            path.append(root_of_range(digest, start, middle, node_at))
            start = middle
    path.reverse()
    return path


def verify_inclusion(
    digest: Hash, leaf: bytes, index: int, size: int, path: list[bytes], root: bytes
) -> None:
    """Raise `ProofInvalid` unless the leaf hash is at the index of the log with this root.

    Source: RFC 9162, 2.1.3.2; step numbers are the RFC's.
    """
    node = follow_inclusion(digest, leaf, index, size, path)
    if node != root:  # step 5
        msg = f"the inclusion path leads to {node.hex()}, the log root is {root.hex()}"
        raise ProofInvalid(msg)


def follow_inclusion(digest: Hash, leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Return the root that an inclusion path leads to, or raise `ProofInvalid` by its length.

    The root proves nothing by itself: compare it, or verify a signature over it. Source: RFC 9162,
    2.1.3.2; step numbers are the RFC's.
    """
    if index >= size or index < 0:  # step 1
        msg = f"leaf index {index} lies outside a log of {size}"
        raise ProofInvalid(msg)
    fn, sn, node = index, size - 1, leaf  # steps 2, 3
    for sibling in path:  # step 4
        if sn == 0:
            msg = "the inclusion path is longer than the log is high"
            raise ProofInvalid(msg)
        if fn & 1 or fn == sn:
            node = node_hash(digest, sibling, node)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            node = node_hash(digest, node, sibling)
        fn >>= 1
        sn >>= 1
    if sn != 0:  # step 5
        msg = f"the inclusion path of {len(path)} nodes is too short for a log of {size}"
        raise ProofInvalid(msg)
    return node


def consistency_proof(digest: Hash, first: int, second: int, node_at: NodeAt) -> list[bytes]:
    """Return the proof that the log of `second` leaves begins with that of `first` (2.1.4.1)."""
    if not 0 < first <= second:
        msg = f"no consistency proof from {first} to {second}"
        raise IndexError(msg)
    path: list[bytes] = []
    start, end, whole, m = 0, second, True, first
    while m != end:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if m <= middle:
            path.append(root_of_range(digest, middle, end, node_at))
            end = middle
        else:
            path.append(root_of_range(digest, start, middle, node_at))
            start, whole = middle, False
    if not whole:
        path.append(root_of_range(digest, start, end, node_at))
    path.reverse()
    return path


def verify_consistency(
    digest: Hash, first: int, second: int, roots: tuple[bytes, bytes], path: list[bytes]
) -> None:
    """Raise `ProofInvalid` unless the second log continues the first.

    `roots` are those of the first and the second. Source: RFC 9162, 2.1.4.2.
    """
    reached = follow_consistency(digest, first, second, roots[0], path)
    if reached != roots[1]:  # step 7
        msg = f"the consistency path leads to {reached.hex()}, the second root is {roots[1].hex()}"
        raise ProofInvalid(msg)


def follow_consistency(
    digest: Hash, first: int, second: int, first_root: bytes, path: list[bytes]
) -> bytes:
    """Return the second root that a path leads to from the first, or raise `ProofInvalid`.

    The second root proves nothing by itself: compare it, or verify a signature over it. Source:
    RFC 9162, 2.1.4.2; step numbers are the RFC's.
    """
    if first == second and not path:
        return first_root
    _expect_steps(first, second, path)
    nodes = [first_root, *path] if first & (first - 1) == 0 else list(path)  # step 2
    fn, sn = first - 1, second - 1  # step 3
    while fn & 1:  # step 4
        fn >>= 1
        sn >>= 1
    fr = sr = nodes[0]  # step 5
    for node in nodes[1:]:  # step 6
        if sn == 0:
            msg = "the consistency path is longer than the log is high"
            raise ProofInvalid(msg)
        if fn & 1 or fn == sn:
            fr = node_hash(digest, node, fr)
            sr = node_hash(digest, node, sr)
            while fn and not fn & 1:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(digest, sr, node)
        fn >>= 1
        sn >>= 1
    if sn != 0 or fr != first_root:  # step 7
        msg = f"the consistency path begins at {fr.hex()}, the first root is {first_root.hex()}"
        raise ProofInvalid(msg)
    return sr


def _expect_steps(first: int, second: int, path: list[bytes]) -> None:
    if not 0 < first < second or not path:
        msg = f"no consistency can be shown from {first} to {second} with {len(path)} nodes"
        raise ProofInvalid(msg)

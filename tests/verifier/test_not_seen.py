"""A transaction that is not in the log is proven absent; one that is there never is."""

import pytest
from small import Small

from tongjian.core.merkle import ProofInvalid
from tongjian.engines.heads import log_entries, log_peaks
from tongjian.verifier.not_seen import verify_not_seen


def test_absence_holds_between_any_two_heads_and_nothing_can_be_left_out(small: Small) -> None:
    with small.opened() as chain:
        small.grow(chain, 6, acts=3)
        for since in range(chain.height):
            heads = chain.header(since), chain.header(chain.height)
            sizes = heads[0].log_size, heads[1].log_size
            peaks, entries = log_peaks(chain, sizes[0]), list(log_entries(chain, *sizes))
            verify_not_seen(chain.digest, bytes(32), heads, peaks, entries)
            recorded = chain.body(chain.height).envelopes[-1]
            identity = chain.opener.open(recorded).id
            with pytest.raises(ProofInvalid, match="is in the log, as entry"):
                verify_not_seen(chain.digest, identity, heads, peaks, entries)
            for other in (entries[:-1], entries[1:], [*entries, entries[-1]], entries[::-1]):
                with pytest.raises(ProofInvalid, match=r"do not lead|is in the log"):
                    verify_not_seen(chain.digest, identity, heads, peaks, other)
            with pytest.raises(ProofInvalid, match="subtrees"):
                verify_not_seen(chain.digest, bytes(32), heads, [*peaks, bytes(32)], entries)
            if peaks:
                spoiled = [bytes(32), *peaks[1:]]
                with pytest.raises(ProofInvalid, match="do not give"):
                    verify_not_seen(chain.digest, bytes(32), heads, spoiled, entries)
            for junk in (b"", b"\x93\xc0\xc0\xc0", b"\x90"):
                with pytest.raises(ProofInvalid, match="entry of the log"):
                    verify_not_seen(chain.digest, identity, heads, peaks, [junk])

"""What can go wrong with a disk, each with what to do next."""


class StorageError(Exception):
    """The base of all storage failures."""


class Damaged(StorageError):
    """Stored bytes are not what was written. Nothing is served from them."""


class StoreDamaged(Damaged):
    """The derived state is damaged; the block log gives it again."""


class LogDamaged(Damaged):
    """The block log is damaged; a backup or another node gives it again."""


class ReplayDiffers(LogDamaged):
    """Replay of a whole stored block gives something else: the log, or the state, is not right."""


class Pruned(StorageError):
    """What was asked is of a height that this node has pruned, or never had; others have it."""


class StorageFull(StorageError):
    """The disk has no room; nothing was recorded. Free some space and submit again."""


class Unsettled(StorageError):
    """The block is recorded, but the state does not show it yet; it follows by itself."""


class InUse(StorageError):
    """This ledger is open elsewhere: for writing in another process, or already in this one."""

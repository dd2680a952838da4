"""What a suite may say against a key, a signature or a machine."""


class SignatureInvalid(ValueError):
    """A signature that its key did not make over this message."""


class KeyRefused(ValueError):
    """A public key that must not be enrolled."""


class SuiteUnavailable(OSError):
    """No library on this machine can do a suite: nothing is said of the signature."""


class SM2Unavailable(SuiteUnavailable):
    """No library on this machine can do SM2."""

"""Signature suites: one module each with its acceptance rule; below `core`, which names them.

The only place where a rule meets a library's code. A verdict depends on nothing but key, message
and signature: every library that may be asked gives the same one, or the suite is not available on
the machine and says so. Handlers never come here but for `check_public_key`, which is arithmetic on
integers (docs/decisions/0011-key-suites.md).
"""

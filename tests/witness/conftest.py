"""Fixtures of the tests of witnesses."""

from posts import post

__all__ = ["post"]

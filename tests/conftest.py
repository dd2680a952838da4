"""Fixtures that tests of several areas share."""

from small import founded, small

__all__ = ["founded", "small"]

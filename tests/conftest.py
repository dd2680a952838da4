"""Fixtures that tests of several areas share."""

from small import founded, small, three

__all__ = ["founded", "small", "three"]

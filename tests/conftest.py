"""Fixtures that tests of several areas share."""

from receipt_kinds import kinds
from small import founded, small, three

__all__ = ["founded", "kinds", "small", "three"]

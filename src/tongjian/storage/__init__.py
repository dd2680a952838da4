"""Durable and in-memory homes of blocks, rows and entries."""

"""Offline verification: needs `core`, `services` and `catalogue`, no network and no database."""

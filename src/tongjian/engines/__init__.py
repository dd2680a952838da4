"""Ways to order transactions into blocks: `solo` in one process; others run the same machine."""

"""What may be asked of the land register, and by whom."""

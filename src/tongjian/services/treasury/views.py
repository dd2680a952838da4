"""What may be asked of public money, and by whom."""

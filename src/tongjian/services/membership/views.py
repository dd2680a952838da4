"""What may be asked of membership."""

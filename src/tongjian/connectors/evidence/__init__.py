"""Evidence packages: one file that a court checks offline, with nothing but the trust file."""

"""The only place that reads clock, entropy and configuration, and wires the rest."""

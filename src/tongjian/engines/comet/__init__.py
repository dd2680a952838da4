"""The ledger as an application of CometBFT: many nodes decide the same blocks together."""

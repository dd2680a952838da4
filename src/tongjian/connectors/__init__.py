"""Read and write the formats of systems outside; nothing here decides, the ledger does."""

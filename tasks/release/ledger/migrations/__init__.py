"""The ledger's tables, and how each version of them comes from the one before."""

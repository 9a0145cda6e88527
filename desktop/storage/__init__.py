"""Disk: paths, settings, the ledger, and our hook in an agent's settings."""

"""From the ledger to numbers. Pure."""

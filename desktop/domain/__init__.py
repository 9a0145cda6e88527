"""The ground: frozen records and pure functions. No clock, no files, no Qt."""

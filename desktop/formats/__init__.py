"""Shapes met on disk and wire that several adapters share. Pure."""

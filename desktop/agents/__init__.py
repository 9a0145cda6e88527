"""Adapters: one module per kind of agent, each defines AGENT. Strangers to each other."""

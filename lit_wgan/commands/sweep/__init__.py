"""Sweeps: many runs of one command, their parameters chosen by a search, on this machine."""

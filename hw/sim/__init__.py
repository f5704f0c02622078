"""Simulated devices, all rendering one room. Nothing here knows how a detector works."""

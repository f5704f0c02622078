"""Observations in, evidence out: how much more likely a hidden camera is, and why."""

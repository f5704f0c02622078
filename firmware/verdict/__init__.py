"""Turns observations and coverage into one verdict: the engine, the fusion and the levels."""

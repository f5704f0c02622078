"""Observations and coverage in, one verdict out: the engine, the fusion, the levels."""

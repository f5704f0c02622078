"""Runs sensors: opens them, steps them live or in turns, calibrates them, hands commands to the engine."""

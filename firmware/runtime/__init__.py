"""Runs the sensors: opens them, steps them live or in turns, calibrates the receiver, passes commands on."""

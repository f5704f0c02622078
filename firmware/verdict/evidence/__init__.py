"""Turns observations into evidence: how much more likely they make a hidden camera, and why."""

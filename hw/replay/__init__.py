"""Recorded devices: a session folder or a single recording, played back as if it were live."""

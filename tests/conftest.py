"""What holds for every test: the same examples every time, and no clock that could fail one.

``ANSIM_HYPOTHESIS=explore`` looks for new counter-examples instead; do it after changing a parser.
"""

from __future__ import annotations

import os
import tempfile

from hypothesis import settings

# What the store notes outside of itself belongs to this run alone, in every process that a test starts.
os.environ["ANSIM_ANCHORS"] = tempfile.mkdtemp(prefix="ansim-anchors-")

settings.register_profile("suite", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("explore" if os.environ.get("ANSIM_HYPOTHESIS") == "explore" else "suite")

"""A whole unit below the real libraries, as `tests/hw/pi` plugs it together."""

from __future__ import annotations

from tests.hw.pi.conftest import faults, full_library, use_library
from tests.hw.pi.test_fault_table import plugged

__all__ = ["faults", "full_library", "plugged", "use_library"]

"""A scan of one sensor loads no library under a licence that may not be combined with another one in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCAN = """
import sys
from firmware.cli.app import main
sys.argv = ["ansim", "scan", {sensor!r}, "--kit", "sim:empty-room?seed=1", "--duration", "1"]
try:
    main()
except SystemExit as end:
    assert end.code in (0, 10, 11), end.code
print(*sorted({{"scapy", "cv2", "rtlsdr"}} & sys.modules.keys()), file=sys.stderr)
"""
# Scapy is GPL-2.0-only, pyrtlsdr GPL-3.0-or-later, OpenCV Apache-2.0.
LOADED = {"rf": set[str](), "wifi": {"scapy"}, "ble": set[str](), "lens": {"cv2"}}


@pytest.mark.parametrize("sensor", LOADED)
def test_one_sensor_loads_one_of_them_at_most(sensor: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCAN.format(sensor=sensor)],
        capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False,
        env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert set(done.stderr.splitlines()[-1].split()) == LOADED[sensor]

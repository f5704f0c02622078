"""Every benchmark that prints a table, one after another: ``make bench``. Long ones run by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

LONG = {
    "rooms",
    "dazzled",
    "rf_memory",
    "wifi_train",
    "records_kill",
    "wifi_fuzz",
    "capture_fuzz",
    "wifi_live",
}


def main() -> int:
    """Run what is here, each in a process of its own, and return the worst exit code."""
    names = sorted(p.stem for p in Path(__file__).parent.glob("*.py") if "def main(" in p.read_text("utf-8"))
    worst = 0
    for name in (n for n in names if n not in LONG and not n.startswith("_")):
        print(f"\n== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"tests.benchmarks.{name}"]).returncode)
    return worst


if __name__ == "__main__":
    sys.exit(main())

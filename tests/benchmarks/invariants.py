"""How many rushed inspections end in a negative headline: none may.

Command: ``python -m tests.benchmarks.invariants --runs 500``; exit code 1 where one does.
"""

from __future__ import annotations

import argparse
from collections import Counter

from firmware.verdict.fusion import Level
from tests.end_to_end.invariants import rush


def main() -> int:
    """Run and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    done = [rush(asked.seed + n) for n in range(asked.runs)]
    headlines = Counter(d.headline for d in done)
    cubicles = Counter(level for d in done for level in d.levels)
    negative = headlines[Level.NOTHING_FOUND.value]
    print(f"rushed inspections {len(done)}, negative headlines {negative}")
    print(f"headlines {dict(headlines)}, cubicles {dict(cubicles)}")
    return 1 if negative else 0


if __name__ == "__main__":
    raise SystemExit(main())

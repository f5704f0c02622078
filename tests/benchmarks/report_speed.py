"""What the report of a very busy place costs: processor time of a PDF with thousands of findings.

python -m tests.benchmarks.report_speed [--findings 5000]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

from firmware.i18n.languages import LANGUAGES
from tests.benchmarks.results import record
from tests.firmware.records.rooms import inspection
from tests.firmware.report.test_document import KEY, paper


def main() -> None:
    """Draw the report once in each language; print what it took, and write it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--findings", type=int, default=5000)
    count = parser.parse_args().findings
    one = inspection(KEY)
    many = replace(one, findings=tuple(replace(one.findings[0], subject=f"~{n:016x}") for n in range(count)))
    command = f"python -m tests.benchmarks.report_speed --findings {count}"
    for lang in LANGUAGES:
        begun_s = time.process_time()
        pages = paper(many, lang)
        cpu_s = time.process_time() - begun_s
        print(f"{lang}: {cpu_s:.2f} s CPU, {len(pages) / 1e6:.1f} MB")
        record(f"report.{lang}_cpu", f"{cpu_s:.1f}", "s", command, note=f"processor time, {count} findings")


if __name__ == "__main__":
    main()

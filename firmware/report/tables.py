"""Writes the findings as CSV in which no spreadsheet sees a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from firmware.i18n.escape import PDF_LIMIT, for_csv
from firmware.records.model import Finding, Inspection
from firmware.report.formatting import signs_of

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets read Korean as UTF-8 only when it is there
NUMBERS = (
    "center_hz", "bandwidth_hz", "snr_db", "rssi_dbm", "channel_mhz", "uplink_bps", "frames", "adverts",
    "poses", "x_px", "y_px", "first_ns", "last_ns",
)  # fmt: skip
MEASURED = ("_hz", "_db", "_dbm", "_bps", "_px")  # fractions, even where JSON wrote a whole number
NAMES = ("ssid", "name", "vendor", "service", "label", "kind")
HEAD = ("sensor", "subject", "suspicious", "score", "identity", *NAMES, "signs", *NUMBERS)


def findings_csv(record: Inspection) -> bytes:
    """Return one line a finding, UTF-8 with its mark, CRLF as RFC 4180 has it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for finding in record.findings:
        writer.writerow(_row(finding))
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def _row(finding: Finding) -> list[str]:
    data = finding.data
    words = [for_csv(str(data.get(name) or ""), limit=PDF_LIMIT) for name in NAMES]
    return [
        finding.sensor,
        for_csv(finding.subject, limit=PDF_LIMIT),
        "yes" if finding.suspicious else "no",
        f"{finding.score:.4f}",
        finding.identity,
        *words,
        for_csv(signs_of(data), limit=PDF_LIMIT),
        *(_number(data, name) for name in NUMBERS),
    ]


def _number(data: Mapping[str, Any], name: str) -> str:
    """Write a number as it is; text where a number should be is treated as hostile."""
    value = data.get(name)
    if value is None or isinstance(value, bool):
        return ""
    if not isinstance(value, int | float):
        return for_csv(str(value))
    return repr(float(value) if name.endswith(MEASURED) else value)

"""Writes findings, heard things and resolutions as tables in which no spreadsheet finds a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from firmware.i18n.escape import PDF_LIMIT, for_csv
from firmware.records.model import Finding, Inspection
from firmware.records.resolutions import REASON_MOST, Resolved
from firmware.report.formatting import signs_of

BYTE_ORDER_MARK = "\ufeff"  # spreadsheets read Korean as UTF-8 only when it is there
NUMBERS = (
    "center_hz", "bandwidth_hz", "snr_db", "rssi_dbm", "channel_mhz", "uplink_bps", "frames", "adverts",
    "poses", "x_px", "y_px", "first_ns", "last_ns",
)  # fmt: skip
MEASURED = ("_hz", "_db", "_dbm", "_bps", "_px")  # fractions, even where JSON wrote a whole number
NAMES = ("ssid", "name", "vendor", "service", "label", "kind")
HEARD_HEAD = ("sensor", "subject", "identity", *NAMES, "signs", *NUMBERS)
HEAD = ("sensor", "subject", "suspicious", "score", *HEARD_HEAD[2:])
RESOLUTIONS_HEAD = ("record", "utc", "resolution", "reason", "picture_sha256")


def findings_csv(record: Inspection) -> bytes:
    """Return one line a finding of the verdict, UTF-8 with its mark, CRLF as RFC 4180 has it."""
    return _table(HEAD, (_scored(f) for f in record.findings if f.suspicious))


def heard_csv(record: Inspection) -> bytes:
    """Return one line for each thing that was heard and is no finding; a score of it would say nothing."""
    return _table(HEARD_HEAD, (_row(f) for f in record.findings if not f.suspicious))


def joint_csv(record: Inspection) -> bytes:
    """Return findings and heard things in one table with a score each, as bundles held them before."""
    return _table(HEAD, (_scored(f) for f in record.findings))


def resolutions_csv(resolutions: Sequence[Resolved]) -> bytes:
    """Return one line for each thing that was said of an alarm after its record."""
    return _table(RESOLUTIONS_HEAD, (_resolution(one) for one in resolutions))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows(rows)
    return (BYTE_ORDER_MARK + text.getvalue()).encode("utf-8")


def _resolution(said: Resolved) -> list[str]:
    when = datetime.fromtimestamp(said.utc_ns // 10**9, tz=UTC)
    reason = for_csv(said.reason, limit=REASON_MOST)
    picture = "" if said.picture is None else said.picture.sha256
    return [for_csv(said.record), f"{when:%Y-%m-%d %H:%M:%S}", said.resolution, reason, picture]


def _scored(finding: Finding) -> list[str]:
    sensor, subject, *rest = _row(finding)
    return [sensor, subject, "yes" if finding.suspicious else "no", f"{finding.score:.4f}", *rest]


def _row(finding: Finding) -> list[str]:
    data = finding.data
    words = [for_csv(str(data.get(name) or ""), limit=PDF_LIMIT) for name in NAMES]
    return [
        finding.sensor,
        for_csv(finding.subject, limit=PDF_LIMIT),
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

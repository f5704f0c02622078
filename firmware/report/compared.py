"""Draws the differences from the corridor in front of a cubicle, and from the inspection before."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.i18n.numbers import write_decimal
from firmware.records.compare.diff import Change, PlaceDifference, ScanDiff
from firmware.report.formatting import Wording
from firmware.report.pdf_canvas import SMALL_PT, SOFT, Column, PdfCanvas, Rgb

CHANGES_MOST = 20
ALERT: Rgb = (179, 38, 30)


def draw_comparison(sheet: PdfCanvas, comparison: ScanDiff, words: Wording) -> None:
    """Draw what is new, gone or louder since the inspection before."""
    sheet.heading(words.key("baseline.title"))
    _reference(sheet, "baseline.earlier", comparison.earlier_id, comparison.earlier_utc_ns, words)
    for warning in comparison.warnings:
        sheet.paragraph("▲ " + words.key(warning))
    _changes(sheet, comparison.changes, words)
    if comparison.not_comparable:
        text = words.catalog.text("baseline.not_comparable", count=comparison.not_comparable)
        sheet.paragraph(str(text), size_pt=SMALL_PT, colour=SOFT)


def draw_corridor(sheet: PdfCanvas, difference: PlaceDifference, words: Wording) -> None:
    """Draw what is near: much louder in the cubicle than in the corridor, or heard only there."""
    sheet.heading(words.key("baseline.corridor"))
    _reference(sheet, "baseline.reference", difference.reference_id, difference.reference_utc_ns, words)
    for reason in difference.health.reasons:
        sheet.paragraph("▲ " + words.key(reason))
    if difference.health.word in {"expired", "unusable"}:
        sheet.paragraph(words.key("baseline.unusable"))
        return
    for key, sensors in (("compared", difference.compared), ("not_compared", difference.not_compared)):
        if sensors:
            listed = words.catalog.list_of([f"sense.{s}" for s in sensors])
            sheet.paragraph(str(words.catalog.text(f"baseline.{key}_sensors", senses=listed)))
    if difference.changes or difference.compared:
        _changes(sheet, difference.changes, words)


def _reference(sheet: PdfCanvas, key: str, name: str, utc_ns: int, words: Wording) -> None:
    when = words.when(utc_ns, 0, "UTC")[1]
    sheet.paragraph(str(words.catalog.text(key, id=name, when=when)), size_pt=SMALL_PT, colour=SOFT)


def _changes(sheet: PdfCanvas, changes: Sequence[Change], words: Wording) -> None:
    if not changes:
        sheet.paragraph(words.key("baseline.same"))
        return
    columns = (
        Column(title=words.key("baseline.change"), width_mm=30),
        Column(title=words.key("report.sense"), width_mm=22),
        Column(title=words.key("paper.what"), width_mm=100),
        Column(title="dB", width_mm=26, align="R"),
    )
    shown = changes[:CHANGES_MOST]
    sheet.table(
        columns,
        [_row(change, words) for change in shown],
        mark=lambda i: ALERT if shown[i].finding.suspicious else None,
    )
    if len(changes) > len(shown):
        rest = words.catalog.text("baseline.more", count=len(changes) - len(shown))
        sheet.paragraph(str(rest), size_pt=SMALL_PT, colour=SOFT)


def _row(change: Change, words: Wording) -> list[str]:
    rise = change.change_db
    return [
        words.key(f"baseline.{change.word}"),
        words.key(f"sense.{change.sensor}"),
        words.finding(change.finding).what,
        "" if rise is None else f"+{write_decimal(round(rise, 1), words.locale)}",
    ]

"""Draws page one of a report: verdict, advice, coverage, gaps, inspector and custody."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.handheld.screen.shapes import shape_mask
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.i18n.help_lines import DEFAULT_COUNTRY, help_lines, line_words, number_of
from firmware.records.custody.hash_chain import Entry
from firmware.records.model import Inspection
from firmware.records.resolutions import Resolved, came_of_alarm
from firmware.report.formatting import HELP_STEPS, LEVEL_COLOUR, Wording, hash_lines, qr_text
from firmware.report.pdf_canvas import (
    BODY_W_MM,
    BOTTOM_MM,
    INK,
    MARGIN_MM,
    PAGE_H_MM,
    SMALL_PT,
    SOFT,
    WHITE,
    PdfCanvas,
    Rgb,
)
from firmware.verdict.model import Level, Verdict

WARN: Rgb = (160, 92, 0)
BAND_H_MM = 37.0
SHAPE_PX, SHAPE_MM = 240, 23.0
GAP_MM = 8.0
LEFT_W_MM = 88.0
RIGHT_X_MM = MARGIN_MM + LEFT_W_MM + GAP_MM
RIGHT_W_MM = BODY_W_MM - LEFT_W_MM - GAP_MM
QR_MM = 33.0
NOT_LOOKED_MOST = 14  # seven kinds, four sensors and the checklist fit; the page has room for them
REASONS_MOST = 6
WHERE_MOST = 2  # of the findings of an alarm, on page one
CAME_OF_MOST = 170  # characters of what came of an alarm on page one: two lines; page two has it whole
HELP_LINES_MOST = 2
FOUND = frozenset({Level.CHECK, Level.LIKELY_CAMERA})
REASONS_LEAST_MM = 18.0  # of room, below which page two alone says why
CUSTODY_TOP_MM = PAGE_H_MM - BOTTOM_MM - QR_MM
WHO_H_MM = 32.0  # of the lines that say who and when


def draw_cover_page(
    sheet: PdfCanvas,
    record: Inspection,
    entry: Entry,
    verdict: Verdict,
    words: Wording,
    *,
    resolutions: Sequence[Resolved] = (),
) -> None:
    """Draw page one."""
    _top(sheet, record, words)
    _band(sheet, verdict, words)
    _came_of(sheet, record, verdict, resolutions, words)
    said = words.provenance(record)
    if said:
        sheet.frame(MARGIN_MM, sheet.y_mm, BODY_W_MM, 8.4, colour=WARN, dashed=True)
        sheet.put(
            said,
            MARGIN_MM + 4,
            sheet.y_mm + 1.7,
            width_mm=BODY_W_MM - 8,
            colour=WARN,
            bold=True,
        )
        sheet.y_mm += 12.4
    top_mm = sheet.y_mm
    left_mm = _looked(sheet, record, verdict, words, top_mm)
    right_mm = _to_do(sheet, record, verdict, words, top_mm)
    sheet.y_mm = max(left_mm, right_mm) + 3
    _not_looked(sheet, record, verdict, words)
    _short_why(sheet, record, verdict, words)
    draw_who(sheet, record, words)
    draw_custody(sheet, record, entry, words)


def _top(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    sheet.put(words.key("paper.title"), MARGIN_MM, sheet.y_mm, width_mm=110, size_pt=17, bold=True)
    sheet.put("ansim 안심", MARGIN_MM + 118, sheet.y_mm + 1, width_mm=60, size_pt=11, colour=SOFT, align="R")
    kind = words.key(f"paper.kind.{record.kind}")
    sheet.put(
        f"{kind} · {words.place(record)}",
        MARGIN_MM,
        sheet.y_mm + 9,
        width_mm=BODY_W_MM,
        size_pt=10.5,
        colour=SOFT,
    )
    sheet.y_mm += 17.5


def _band(sheet: PdfCanvas, verdict: Verdict, words: Wording) -> None:
    top_mm = sheet.y_mm
    sheet.box(MARGIN_MM, top_mm, BODY_W_MM, BAND_H_MM, fill=LEVEL_COLOUR[verdict.level], radius_mm=3)
    sheet.mask(
        shape_mask(verdict.level.value, SHAPE_PX),
        MARGIN_MM + 6,
        top_mm + (BAND_H_MM - SHAPE_MM) / 2,
        SHAPE_MM,
        colour=WHITE,
    )
    x_mm = MARGIN_MM + SHAPE_MM + 13
    sheet.put(
        words.key(f"level.{verdict.level}"),
        x_mm,
        top_mm + 6,
        width_mm=86,
        size_pt=25,
        colour=WHITE,
        bold=True,
    )
    meaning = words.key(f"level.{verdict.level}.meaning")
    sheet.block(meaning, x_mm, top_mm + 21, width_mm=80, size_pt=10.5, colour=WHITE)
    x_mm = MARGIN_MM + BODY_W_MM - 58
    if verdict.number_fits:
        _number(sheet, verdict, words, x_mm, top_mm)
    sheet.y_mm += BAND_H_MM + 4.5


def _came_of(
    sheet: PdfCanvas, record: Inspection, verdict: Verdict, resolutions: Sequence[Resolved], words: Wording
) -> None:
    """Say what came of the alarm, in the last words that a person has signed of it."""
    came = came_of_alarm(record.verdict, resolutions)
    if not came:
        return
    said = words.resolution(resolutions[-1]) if resolutions else words.alarm_answer(verdict)
    text = f"{words.came_of_alarm(came)} · {said}"
    text = text if len(text) <= CAME_OF_MOST else f"{text[:CAME_OF_MOST]}…"
    height_mm = sheet.block(text, MARGIN_MM, sheet.y_mm - 1, width_mm=BODY_W_MM, bold=True, colour=WARN)
    sheet.y_mm += height_mm + 1.5


def _number(sheet: PdfCanvas, verdict: Verdict, words: Wording, x_mm: float, top_mm: float) -> None:
    right = {"width_mm": 52.0, "colour": WHITE, "align": "R"}
    sheet.put(words.probability(verdict.probability), x_mm, top_mm + 5, size_pt=28, bold=True, **right)  # type: ignore[arg-type]
    sheet.put(words.key("paper.probability"), x_mm, top_mm + 20.5, size_pt=8.5, **right)  # type: ignore[arg-type]
    prior = str(words.catalog.text("screen.prior", prior=verdict.prior))
    sheet.put(prior, x_mm, top_mm + 26, size_pt=8.5, **right)  # type: ignore[arg-type]


def _title(sheet: PdfCanvas, text: str, x_mm: float, y_mm: float, width_mm: float) -> float:
    return y_mm + sheet.block(text, x_mm, y_mm, width_mm=width_mm, size_pt=11, bold=True) + 1.2


def _looked(sheet: PdfCanvas, record: Inspection, verdict: Verdict, words: Wording, y_mm: float) -> float:
    y_mm = _title(sheet, words.key("report.looked_at"), MARGIN_MM, y_mm, LEFT_W_MM)
    share = words.percent(verdict.share_caught)
    sheet.put(
        share, MARGIN_MM, y_mm, width_mm=30, size_pt=22, bold=True, colour=LEVEL_COLOUR[Level.NOTHING_FOUND]
    )
    text = words.key("paper.share_caught")
    height_mm = sheet.block(text, MARGIN_MM + 27, y_mm + 1.4, width_mm=LEFT_W_MM - 27, size_pt=SMALL_PT + 0.5)
    y_mm += max(13.0, height_mm + 3)
    for look in record.senses:
        sheet.put(words.key(f"sense.{look.sensor}"), MARGIN_MM, y_mm, width_mm=20)
        sheet.bar(
            MARGIN_MM + 22,
            y_mm + 1.5,
            40,
            share=look.coverage or 0.0,
            colour=LEVEL_COLOUR[Level.NOTHING_FOUND],
        )
        said = words.key("report.missing") if look.coverage is None else words.percent(look.coverage)
        sheet.put(
            said, MARGIN_MM + 64, y_mm, width_mm=24, align="R", colour=SOFT if look.coverage is None else INK
        )
        y_mm += 5.8
    return y_mm


def _to_do(sheet: PdfCanvas, record: Inspection, verdict: Verdict, words: Wording, y_mm: float) -> float:
    y_mm = _title(sheet, words.key("paper.to_do"), RIGHT_X_MM, y_mm, RIGHT_W_MM)
    lines = help_lines(record.country or DEFAULT_COUNTRY)
    police = number_of(lines, "police")
    steps = [str(words.catalog.text(key, police=police)) for key in HELP_STEPS[verdict.level]]
    if verdict.advice.step and verdict.level in {Level.INCONCLUSIVE, Level.NOTHING_FOUND}:
        steps.insert(0, words.key(verdict.advice.step))
    for n, step in enumerate(steps, start=1):
        y_mm += sheet.bullet(step, RIGHT_X_MM, y_mm, width_mm=RIGHT_W_MM, mark=f"{n}.") + 0.8
    if verdict.level in FOUND:
        for line in lines[1 : 1 + HELP_LINES_MOST]:  # the police stand in the last step
            text = str(line_words(words.catalog, line))
            y_mm += sheet.bullet(text, RIGHT_X_MM, y_mm, width_mm=RIGHT_W_MM, mark="☎") + 0.4
    return y_mm


def _not_looked(sheet: PdfCanvas, record: Inspection, verdict: Verdict, words: Wording) -> None:
    sheet.y_mm = _title(sheet, words.key("paper.not_looked"), MARGIN_MM, sheet.y_mm, BODY_W_MM)
    lines: Sequence[str] = words.not_looked(record, verdict)
    shown = list(lines[:NOT_LOOKED_MOST])
    if len(lines) > len(shown):
        shown.append(str(words.catalog.text("paper.more_below", count=len(lines) - len(shown))))
    column_mm = BODY_W_MM / 2
    for i in range(0, len(shown), 2):
        heights_mm = [
            sheet.bullet(text, MARGIN_MM + n * column_mm, sheet.y_mm, width_mm=column_mm - 4)
            for n, text in enumerate(shown[i : i + 2])
        ]
        sheet.y_mm += max(heights_mm)
    sheet.y_mm += (
        sheet.block(words.key("report.limits"), MARGIN_MM, sheet.y_mm + 0.5, width_mm=BODY_W_MM, bold=True)
        + 3.5
    )


def _short_why(sheet: PdfCanvas, record: Inspection, verdict: Verdict, words: Wording) -> None:
    """List the weightiest reasons, as many as the page has room for; page two has them all."""
    room_mm = CUSTODY_TOP_MM - sheet.y_mm - WHO_H_MM
    if room_mm < REASONS_LEAST_MM:
        return
    top_mm = sheet.y_mm
    sheet.y_mm = _title(sheet, words.key("report.why"), MARGIN_MM, sheet.y_mm, BODY_W_MM)
    room_mm -= sheet.y_mm - top_mm + 3.5
    rows = [
        ("+" if c.log_lr >= 0 else "−", f"{words.key(f'sense.{c.sensor}')}: {words.reason(c)}")
        for c in verdict.contributions[:REASONS_MOST]
    ]
    rows = [*(("▲", where) for where in words.whereabouts(record)[:WHERE_MOST]), *rows]
    for mark, text in rows:
        height_mm = 5.4 * len(sheet.lines(text, BODY_W_MM - 4))
        if height_mm > room_mm:
            break
        room_mm -= sheet.bullet(text, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, mark=mark)
        sheet.y_mm += height_mm
    sheet.y_mm += 3.5


def draw_who(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    """Draw who inspected, when, and with what."""
    span = record.span
    begun, begun_utc = words.when(span.started_utc_ns, span.offset_s, span.zone)
    ended, ended_utc = words.when(span.ended_utc_ns, span.offset_s, span.zone)
    rows = [
        (words.key("paper.operator"), visible(record.operator, limit=PDF_LIMIT) or words.key("paper.nobody")),
        (words.key("paper.begun"), f"{begun} = {begun_utc}"),
        (words.key("paper.ended"), f"{ended} = {ended_utc}"),
        (
            words.key("paper.device"),
            f"{visible(record.kit)} · ansim {visible(record.versions.get('ansim', '?'))}",
        ),
    ]
    if record.note:
        rows.append((words.key("paper.note"), visible(record.note, limit=PDF_LIMIT)))
    sheet.rule(sheet.y_mm)
    sheet.y_mm += 1.6
    for name, value in rows:
        sheet.put(name, MARGIN_MM, sheet.y_mm, width_mm=24, size_pt=SMALL_PT, colour=SOFT)
        sheet.put(value, MARGIN_MM + 26, sheet.y_mm, width_mm=BODY_W_MM - 26, size_pt=SMALL_PT)
        sheet.y_mm += 4.7


def draw_custody(sheet: PdfCanvas, record: Inspection, entry: Entry, words: Wording) -> None:
    """Draw the box with the chain's hash at the foot of the page."""
    top_mm = CUSTODY_TOP_MM
    fields = entry.fields()
    sheet.box(MARGIN_MM, top_mm, BODY_W_MM, QR_MM, fill=(240, 243, 246), radius_mm=2)
    sheet.qr(qr_text(record, entry), MARGIN_MM + BODY_W_MM - QR_MM, top_mm, QR_MM)
    x_mm, width_mm = MARGIN_MM + 5, BODY_W_MM - QR_MM - 10
    title = str(words.catalog.text("paper.custody", seq=entry.row))
    sheet.put(title, x_mm, top_mm + 2.2, width_mm=width_mm, bold=True)
    for n, text in enumerate(hash_lines(entry.hash)):
        sheet.put(text, x_mm, top_mm + 8.2 + n * 4.9, width_mm=width_mm, size_pt=9)
    unit = f"{words.key('paper.unit')} {fields.get('key', '')}"
    sheet.put(unit, x_mm, top_mm + 19.2, width_mm=width_mm, size_pt=7.5, colour=SOFT)
    clock = words.clock(fields)
    sheet.put(f"{record.id} · {clock}", x_mm, top_mm + 23.4, width_mm=width_mm, size_pt=7.5, colour=SOFT)
    sheet.put(
        words.key("paper.custody_hint"), x_mm, top_mm + 27.6, width_mm=width_mm, size_pt=7.5, colour=SOFT
    )

"""Draws the report of a site: the most serious level, every cubicle in one line, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from firmware.handheld.screen.shapes import shape_mask
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.i18n.help_lines import DEFAULT_COUNTRY, help_lines, line_words, number_of
from firmware.records.custody.hash_chain import Entry
from firmware.records.model import Inspection, NotInspected, Visit, read_verdict
from firmware.records.resolutions import ListedResolution
from firmware.report.cover_page import FOUND, SHAPE_PX, draw_custody, draw_who
from firmware.report.formatting import HELP_STEPS, LEVEL_COLOUR, Wording
from firmware.report.pdf_canvas import BODY_W_MM, MARGIN_MM, SMALL_PT, SOFT, WHITE, Column, PdfCanvas, Rgb
from firmware.verdict.model import Level, Verdict

ALERT: Rgb = (179, 38, 30)
WARN: Rgb = (160, 92, 0)
BAND_H_MM = 26.0
SHAPE_MM = 16.0
CUSTODY_H_MM = 78.0  # of the foot of page one: who, and the chain


def draw_site(
    sheet: PdfCanvas,
    record: Inspection,
    entry: Entry,
    verdict: Verdict,
    words: Wording,
    *,
    came: Mapping[str, ListedResolution] = MappingProxyType({}),
) -> None:
    """Draw the first page of a site, and as many more as its list of cubicles needs."""
    cubicles = [v for v in record.visits if v.kind != "corridor"]
    sheet.put(words.key("paper.site"), MARGIN_MM, sheet.y_mm, width_mm=110, size_pt=17, bold=True)
    sheet.put("ansim 안심", MARGIN_MM + 118, sheet.y_mm + 1, width_mm=60, size_pt=11, colour=SOFT, align="R")
    place = f"{words.key('paper.kind.site')} · {visible(record.place.site, limit=PDF_LIMIT)}"
    sheet.put(place, MARGIN_MM, sheet.y_mm + 9, width_mm=BODY_W_MM, size_pt=10.5, colour=SOFT)
    sheet.y_mm += 17.5
    _band(sheet, verdict, cubicles, words)
    _counted(sheet, record, cubicles, words)
    said = words.provenance(record)
    if said:
        sheet.put(said, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, colour=WARN, bold=True)
        sheet.y_mm += 7.0
    _to_do(sheet, record, verdict, words)
    _missing(sheet, record, cubicles, words)
    _list(sheet, record, verdict.prior, words, came)
    if sheet.room_mm() < CUSTODY_H_MM:
        sheet.new_page()
    draw_who(sheet, record, words)
    draw_custody(sheet, record, entry, words)


def _band(sheet: PdfCanvas, verdict: Verdict, cubicles: Sequence[Visit], words: Wording) -> None:
    top_mm = sheet.y_mm
    sheet.box(MARGIN_MM, top_mm, BODY_W_MM, BAND_H_MM, fill=LEVEL_COLOUR[verdict.level], radius_mm=3)
    mask = shape_mask(verdict.level.value, SHAPE_PX)
    sheet.mask(mask, MARGIN_MM + 6, top_mm + (BAND_H_MM - SHAPE_MM) / 2, SHAPE_MM, colour=WHITE)
    x_mm = MARGIN_MM + SHAPE_MM + 12
    worst = words.key(f"level.{verdict.level}")
    sheet.put(worst, x_mm, top_mm + 4, width_mm=86, size_pt=22, colour=WHITE, bold=True)
    note = words.key("paper.site.worst")
    sheet.put(note, x_mm, top_mm + 16.5, width_mm=BODY_W_MM - 36, size_pt=10, colour=WHITE)
    counts = Counter(v.level for v in cubicles if v.inspected)
    said = [
        f"{words.key(f'level.{level.value}')} {counts[level.value]}" for level in Level if counts[level.value]
    ]
    x_mm = MARGIN_MM + 106
    for n, text in enumerate(said):
        sheet.put(text, x_mm, top_mm + 2.5 + 5.4 * n, width_mm=66, size_pt=10, colour=WHITE, align="R")
    sheet.y_mm += BAND_H_MM + 4.0


def _counted(sheet: PdfCanvas, record: Inspection, cubicles: Sequence[Visit], words: Wording) -> None:
    """Say how many of the planned cubicles were looked at well enough for their word to count."""
    counted = len({(v.room, v.cubicle) for v in cubicles if v.enough})
    quiet = not any(v.level in FOUND or v.alarm for v in cubicles) and counted
    key = "paper.site.counted" if quiet else "paper.site.counted_alarm"
    text = str(words.catalog.text(key, counted=counted, planned=max(record.planned, counted)))
    sheet.put(text, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, size_pt=11, bold=True)
    sheet.y_mm += 7.0


def _to_do(sheet: PdfCanvas, record: Inspection, verdict: Verdict, words: Wording) -> None:
    lines = help_lines(record.country or DEFAULT_COUNTRY)
    police = number_of(lines, "police")
    steps = [str(words.catalog.text(key, police=police)) for key in HELP_STEPS[verdict.level]]
    if verdict.level in FOUND:
        steps += [str(line_words(words.catalog, line)) for line in lines[1:2]]
    for n, step in enumerate(steps, start=1):
        sheet.y_mm += sheet.bullet(step, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, mark=f"{n}.")
    sheet.y_mm += 1.5


def _missing(sheet: PdfCanvas, record: Inspection, cubicles: Sequence[Visit], words: Wording) -> None:
    """Say what was not looked at: cubicles, places, and sensors at their worst."""
    text = words.catalog.text
    seen = len({(v.room, v.cubicle) for v in cubicles if v.inspected})
    lines = []
    if record.planned > seen:
        lines.append(str(text("paper.site.left_out", count=record.planned - seen, planned=record.planned)))
    left = sum(v.left for v in cubicles)
    if left:
        lines.append(str(text("paper.site.places_left", count=left)))
    if not any(v.kind == "corridor" for v in record.visits):
        lines.append(words.key("paper.site.no_corridor"))
    least = [
        f"{words.key(f'sense.{s.sensor}')} "
        + (words.key("report.missing") if s.coverage is None else words.percent(s.coverage))
        for s in record.senses
    ]
    lines.append(f"{words.key('paper.site.least')} {' · '.join(least)}")
    sheet.put(words.key("paper.not_looked"), MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, size_pt=11, bold=True)
    sheet.y_mm += 6.5
    for line in lines:
        sheet.y_mm += sheet.bullet(line, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM)
    limits = words.key("report.limits")
    sheet.y_mm += sheet.block(limits, MARGIN_MM, sheet.y_mm + 0.5, width_mm=BODY_W_MM, bold=True) + 2.5


def _list(
    sheet: PdfCanvas,
    record: Inspection,
    prior: float,
    words: Wording,
    came: Mapping[str, ListedResolution],
) -> None:
    visits = record.visits
    sheet.heading(str(words.catalog.text("paper.site.cubicles", count=len(visits))))
    columns = (
        Column(title=words.key("paper.site.place"), width_mm=48),
        Column(title=words.key("records.result"), width_mm=58),
        Column(title=words.key("paper.site.caught"), width_mm=18, align="R"),
        Column(title=words.key("paper.checklist"), width_mm=22),
        Column(title=words.key("paper.site.changed"), width_mm=32),
    )
    rows = [_row(visit, prior, words, came.get(visit.record, "")) for visit in visits]
    rows += [_left_out(place, words) for place in record.not_inspected]
    found = frozenset(i for i, visit in enumerate(visits) if visit.level in FOUND)
    sheet.table(columns, rows, wrap=(1,), mark=lambda i: ALERT if i in found else None)
    sheet.paragraph(words.key("paper.site.legend"), size_pt=SMALL_PT, colour=SOFT)


def _left_out(place: NotInspected, words: Wording) -> list[str]:
    """Return the row of a planned place without a record."""
    why = [words.early(place.reason)] if place.reason else []
    word = " · ".join([words.key("paper.site.not_inspected"), *why])
    return [_place(place.room, place.cubicle, words), word, "–", "–", "–"]


def _place(room: str, cubicle: str, words: Wording) -> str:
    named = str(words.catalog.text("paper.cubicle", name=cubicle))
    return f"{visible(room, limit=PDF_LIMIT)} · {named}"


def _row(visit: Visit, prior: float, words: Wording, came: ListedResolution) -> list[str]:
    if visit.kind == "corridor":
        place = words.key("paper.kind.corridor")
    else:
        place = _place(visit.room, visit.cubicle, words)
    alarm = visit.level in FOUND
    word = ("▲ " if alarm else "") + words.key(f"level.{visible(visit.level)}")
    number = "" if alarm and visit.probability < prior else f" {words.probability(visit.probability)}"
    result = word + number if visit.inspected else words.key("paper.site.not_inspected")
    notes = [words.came_of_alarm(came)] if came else []
    notes += [words.early(visit.early)] if visit.early else []
    total = visit.looked + visit.left + visit.found
    listed = f"{visit.looked + visit.found}/{total}" + (f" ▲{visit.found}" if visit.found else "")
    return [
        place,
        " · ".join([result, *notes]),
        words.percent(visit.share_caught),
        listed if total else "–",
        " · ".join(_changes(visit, words)) or "–",
    ]


def _changes(visit: Visit, words: Wording) -> list[str]:
    said = []
    for one in visit.compared:
        if one.beside == "earlier":
            said.append(f"+{one.new} −{one.missing} ↑{one.louder}")
        elif one.health in {"fresh", "stale"}:
            said.append(f"{words.key('paper.site.near')} {one.new + one.louder}")
    return said


def draw_cubicle_title(sheet: PdfCanvas, record: Inspection, entry: Entry, words: Wording) -> None:
    """Begin the pages of one cubicle with a find."""
    sheet.put(words.place(record), MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, size_pt=14, bold=True)
    sheet.put(
        words.headline(read_verdict(record)),
        MARGIN_MM,
        sheet.y_mm + 7,
        width_mm=BODY_W_MM,
        size_pt=12,
        colour=ALERT,
        bold=True,
    )
    about = f"{record.id} · {entry.hash}"
    sheet.put(about, MARGIN_MM, sheet.y_mm + 13, width_mm=BODY_W_MM, size_pt=7.5, colour=SOFT)
    sheet.y_mm += 18.0

"""Draws the report as PDF: a summary on page one, the reasons after it, and at the end how to verify it."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from PIL import Image

from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.i18n.numbers import write_decimal
from firmware.records.compare.diff import PlaceDifference, ScanDiff
from firmware.records.custody.hash_chain import Entry
from firmware.records.hand_overs import HandOver
from firmware.records.model import Inspection, read_verdict
from firmware.records.resolutions import Resolved, came_of_alarm
from firmware.report import figures
from firmware.report.compared import draw_comparison, draw_corridor
from firmware.report.cover_page import draw_cover_page
from firmware.report.eye_field import draw_eye_fields
from firmware.report.formatting import ReportLine, Wording
from firmware.report.pdf_canvas import BODY_W_MM, MARGIN_MM, SMALL_PT, SOFT, Column, PdfCanvas, Rgb
from firmware.report.site import draw_cubicle_title, draw_site
from firmware.report.wall import draw_wall
from firmware.verdict.model import Contribution, Level, Verdict

ALERT: Rgb = (179, 38, 30)
CARDS_MOST = 20  # suspicious findings set with all their words; the table holds every one
REASONS_MOST = 24
NOTE_CUT_FROM = 60  # characters of a note that page one surely shows
NOTE_MOST = 4000
HAND_OVERS_MOST = 50  # the newest; the bundle has every one
LIMITS_H_MM = 60.0
PICTURE_TYPES = frozenset({"image/png", "image/jpeg"})
PICTURE_W_MM, PICTURE_H_MM = 84.0, 62.0
PICTURE_MOST_PX = 50_000_000  # a picture beyond this is a bomb, not a screen
LIMITS = tuple(f"paper.limit.{n}" for n in ("never", "card", "bands", "idle", "lens", "air"))
CHECKING = tuple(f"paper.check.{n}" for n in ("file", "key", "hash", "names"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Everything a report is drawn from. ``pictures`` are the attachments' contents by SHA-256."""

    record: Inspection
    entry: Entry
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    comparison: ScanDiff | None = None
    corridor: PlaceDifference | None = None
    cubicles: tuple[Dossier, ...] = ()  # of a whole site: those with a find
    resolutions: tuple[Resolved, ...] = ()  # what people said came of its alarm
    hand_overs: tuple[HandOver, ...] = ()


def draw_report(dossier: Dossier, catalog: Catalog) -> bytes:
    """Return the report as PDF.

    Notes
    -----
    The same record gives the same bytes: the dates inside are the record's own.
    """
    words, record = Wording(catalog), dossier.record
    verdict = read_verdict(record)
    sheet = PdfCanvas(
        title=f"ansim · {record.id}",
        foot=f"ansim · {record.id} · {words.place(record)} · {dossier.entry.hash[:16]}",
        utc_ns=record.span.ended_utc_ns,
        lang=catalog.lang,
    )
    if record.kind == "site":
        return _draw_site(sheet, dossier, verdict, words)
    with closing(sheet):
        draw_cover_page(sheet, dossier.record, dossier.entry, verdict, words, resolutions=dossier.resolutions)
        sheet.new_page()
        _why(sheet, record, verdict, words, dossier.resolutions)
        _sensors(sheet, record, words)
        _checklist(sheet, record, words)
        _note(sheet, record, words)
        if dossier.corridor is not None:
            draw_corridor(sheet, dossier.corridor, words)
        if dossier.comparison is not None:
            draw_comparison(sheet, dossier.comparison, words)
        _findings(sheet, record, words)
        if record.wall is not None:
            draw_wall(sheet, record.wall, words)
        _pictures(sheet, dossier, words)
        _limits(sheet, words)
        _hand_overs(sheet, dossier, words)
        _checking(sheet, record, dossier.entry, words)
        return sheet.bytes()


def _draw_site(sheet: PdfCanvas, dossier: Dossier, verdict: Verdict, words: Wording) -> bytes:
    with closing(sheet):
        came = {p.record.id: came_of_alarm(p.record.verdict, p.resolutions) for p in dossier.cubicles}
        draw_site(sheet, dossier.record, dossier.entry, verdict, words, came=came)
        for part in dossier.cubicles:
            sheet.new_page()
            draw_cubicle_title(sheet, part.record, part.entry, words)
            own = read_verdict(part.record)
            _why(sheet, part.record, own, words, part.resolutions)
            _checklist(sheet, part.record, words)
            for compared in (part.corridor, part.comparison):
                if isinstance(compared, PlaceDifference):
                    draw_corridor(sheet, compared, words)
                elif compared is not None:
                    draw_comparison(sheet, compared, words)
            _findings(sheet, part.record, words)
            _pictures(sheet, part, words)
        sheet.new_page()
        _limits(sheet, words)
        _hand_overs(sheet, dossier, words)
        _checking(sheet, dossier.record, dossier.entry, words)
        return sheet.bytes()


def _why(
    sheet: PdfCanvas,
    record: Inspection,
    verdict: Verdict,
    words: Wording,
    resolutions: Sequence[Resolved],
) -> None:
    sheet.heading(words.key("report.why"))
    sheet.paragraph(words.key("paper.nats"), size_pt=SMALL_PT, colour=SOFT)
    if verdict.rule:
        sheet.paragraph(words.key(verdict.rule))
    said = [words.resolution(one) for one in resolutions]
    for line in (*words.alarm(verdict, answered=bool(said)), *said):
        sheet.paragraph(line)
    where = words.whereabouts(record)
    if where:
        sheet.paragraph(f"{words.key('paper.where')}: {' · '.join(where)}")
    draw_eye_fields(sheet, record, words)
    columns = (
        Column(title=words.key("report.sense"), width_mm=22),
        Column(title=words.key("report.reason"), width_mm=116),
        Column(title=words.key("paper.weight"), width_mm=18, align="R"),
        Column(title=words.key("paper.factor"), width_mm=22, align="R"),
    )
    rows = [_reason(c, words) for c in verdict.contributions[:REASONS_MOST]]
    if abs(verdict.agreement) >= 0.005:
        rows.append(
            _weight_row(words.key("paper.together"), words.key("paper.agreement"), verdict.agreement, words)
        )
    rows.append(_weight_row(words.key("paper.sum"), _sum_words(verdict, words), verdict.log_lr, words))
    sheet.table(columns, rows, wrap=(1,))
    picture = figures.kinds(verdict, words.catalog, w_mm=BODY_W_MM, h_mm=50)
    if picture is not None:
        sheet.need(66)
        sheet.paragraph(words.key("paper.kinds"), size_pt=SMALL_PT, colour=SOFT)
        sheet.picture(picture, MARGIN_MM, sheet.y_mm, BODY_W_MM, 50)
        sheet.y_mm += 52


def _reason(contribution: Contribution, words: Wording) -> list[str]:
    sensor = words.key(f"sense.{contribution.sensor}")
    return _weight_row(sensor, words.reason(contribution), contribution.log_lr, words)


def _weight_row(sensor: str, sentence: str, nats: float, words: Wording) -> list[str]:
    sign = "+" if nats >= 0 else "−"
    factor = math.exp(min(abs(nats), 50.0))
    return [
        sensor,
        sentence,
        f"{sign}{write_decimal(abs(nats), words.locale, digits=2)}",
        ("× " if nats >= 0 else "÷ ") + write_decimal(factor, words.locale, digits=1 if factor < 100 else 0),
    ]


def _sum_words(verdict: Verdict, words: Wording) -> str:
    if not verdict.number_fits:
        return words.key("cli.no_number")
    prior, after = words.percent(verdict.prior), words.probability(verdict.probability)
    return str(words.catalog.text("paper.from_to", prior=prior, after=after))


def _sensors(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    sheet.heading(words.key("report.looked_at"))
    columns = (
        Column(title=words.key("report.sense"), width_mm=22),
        Column(title=words.key("cli.coverage"), width_mm=18, align="R"),
        Column(title=words.key("paper.details"), width_mm=138),
    )
    rows = []
    for look in record.senses:
        parts = [
            f"{words.key(f'part.{name}')} {words.percent(share)}"
            for name, share in sorted(look.parts.items())
        ]
        reasons = [words.key(f"short.{r}") for r in look.reasons if f"short.{r}" in words.catalog]
        details = " · ".join(x for x in (*parts, *reasons, words.dropped(look)) if x)
        share = words.key("report.missing") if look.coverage is None else words.percent(look.coverage)
        rows.append([words.key(f"sense.{look.sensor}"), share, "" if look.coverage is None else details])
    sheet.table(columns, rows, wrap=(2,))
    ages = [f"{visible(c.name)}: {words.age(c)}" for c in record.calibrations]
    sheet.paragraph(
        words.key("paper.calibration") + " " + (" · ".join(ages) or words.key("paper.never")),
        size_pt=SMALL_PT,
    )


def _checklist(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    if not record.checklist:
        return
    sheet.heading(words.key("paper.checklist"))
    for key, state in record.checklist.items():
        sheet.need(6)
        mark = {"looked": "✓", "skipped": "–", "unreachable": "–", "found": "▲"}[state]
        text = f"{words.key(key)}: {words.key(f'paper.state.{state}')}"
        sheet.y_mm += sheet.bullet(text, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM, mark=mark)


def _note(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    """Set a note in full that page one had to cut."""
    if len(record.note) > NOTE_CUT_FROM:
        sheet.heading(words.key("paper.note"))
        sheet.paragraph(visible(record.note, limit=NOTE_MOST))


def _findings(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    lines = [words.finding(f) for f in record.findings]
    findings = sum(x.suspicious for x in lines)
    sheet.heading(str(words.catalog.text("report.findings", count=findings)), need_mm=40)
    if not lines:
        sheet.paragraph(words.key("paper.no_findings"))
        return
    for line in [x for x in lines if x.suspicious][:CARDS_MOST]:
        _card(sheet, line, words)
    heard = len(lines) + record.left_out - findings
    sheet.paragraph(str(words.catalog.text("report.heard", count=heard)))
    _plots(sheet, record, words)
    columns = (
        Column(title=words.key("report.sense"), width_mm=17),
        Column(title=words.key("paper.what"), width_mm=66),
        Column(title=words.key("column.signal"), width_mm=33),
        Column(title=words.key("column.signs"), width_mm=46),
        Column(title=words.key("column.score"), width_mm=16, align="R"),
    )
    sheet.need(30)
    rows = [(("▲ " if x.suspicious else "") + x.sensor, x.what, x.signal, x.signs, x.score) for x in lines]
    sheet.table(columns, rows, size_pt=7.0, mark=lambda i: ALERT if lines[i].suspicious else None)
    if record.left_out:
        sheet.paragraph(str(words.catalog.text("paper.left_out", count=record.left_out)), colour=SOFT)
    sheet.paragraph(words.key("paper.pseudonyms"), size_pt=SMALL_PT, colour=SOFT)


def _card(sheet: PdfCanvas, line: ReportLine, words: Wording) -> None:
    signs = sheet.lines(line.signs, BODY_W_MM - 14) if line.signs else []
    height_mm = 13.0 + 4.8 * len(signs)
    sheet.need(height_mm + 2)
    top_mm, left_mm = sheet.y_mm, MARGIN_MM + 6
    sheet.box(MARGIN_MM, top_mm, BODY_W_MM, height_mm, fill=(252, 240, 238), radius_mm=1.5)
    sheet.box(MARGIN_MM, top_mm, 1.6, height_mm, fill=ALERT)
    sheet.put(line.what, left_mm, top_mm + 1.6, width_mm=126, bold=True)
    score = str(words.catalog.text("paper.card_score", score=line.score))
    sheet.put(score, MARGIN_MM + 134, top_mm + 1.6, width_mm=40, align="R", colour=ALERT, bold=True)
    rest = " · ".join(x for x in (line.sensor, line.signal) if x)
    sheet.put(rest, left_mm, top_mm + 7.0, width_mm=BODY_W_MM - 14, size_pt=SMALL_PT, colour=SOFT)
    if signs:
        sheet.block(line.signs, left_mm, top_mm + 12.2, width_mm=BODY_W_MM - 14)
    sheet.y_mm += height_mm + 2


def _plots(sheet: PdfCanvas, record: Inspection, words: Wording) -> None:
    for draw, key, w_mm, h_mm in (
        (figures.spectrum, "paper.spectrum", BODY_W_MM, 52.0),
        (figures.glints, "paper.glints", 100.0, 70.0),
    ):
        picture = draw(record.findings, words.catalog, w_mm=w_mm, h_mm=h_mm)
        if picture is not None:
            sheet.need(h_mm + 9)
            sheet.y_mm += 1.5
            sheet.paragraph(words.key(key), size_pt=SMALL_PT, colour=SOFT)
            sheet.picture(picture, MARGIN_MM, sheet.y_mm, w_mm, h_mm)
            sheet.y_mm += h_mm + 3


def _pictures(sheet: PdfCanvas, dossier: Dossier, words: Wording) -> None:
    photos = (said.picture for said in dossier.resolutions if said.picture is not None)
    attachments = (*dossier.record.attachments, *photos)
    if not attachments:
        return
    sheet.heading(words.key("paper.attachments"), need_mm=PICTURE_H_MM + 26)
    for n, attachment in enumerate(attachments):
        image = _opened(dossier.pictures.get(attachment.sha256), attachment.media_type)
        height_mm = PICTURE_H_MM + 14 if image else 12.0
        sheet.need(height_mm)
        name = visible(attachment.name, limit=PDF_LIMIT)
        sheet.put(
            f"{n + 1}. {name} · {attachment.size_bytes:,} bytes", MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM
        )
        sheet.put(
            f"SHA-256 {attachment.sha256}",
            MARGIN_MM,
            sheet.y_mm + 5,
            width_mm=BODY_W_MM,
            size_pt=7.0,
            colour=SOFT,
        )
        if image:
            scale = min(PICTURE_W_MM / image.width, PICTURE_H_MM / image.height)
            sheet.picture(image, MARGIN_MM, sheet.y_mm + 10, image.width * scale, image.height * scale)
        sheet.y_mm += height_mm


def _opened(content: bytes | None, media_type: str) -> Image.Image | None:
    """Return a picture that may be broken or hostile, decoded here so that the PDF cannot fail on it."""
    if content is None or media_type not in PICTURE_TYPES:
        return None
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as image:
            if image.width * image.height > PICTURE_MOST_PX:
                return None
            return image.convert("RGB")
    except (OSError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning, SyntaxError):
        return None


def _limits(sheet: PdfCanvas, words: Wording) -> None:
    sheet.heading(words.key("paper.limits"), need_mm=LIMITS_H_MM)
    for key in LIMITS:
        _point(sheet, words.key(key))


def _hand_overs(sheet: PdfCanvas, dossier: Dossier, words: Wording) -> None:
    if not dossier.hand_overs:
        return
    sheet.heading(words.key("paper.hand_overs"))
    for said in dossier.hand_overs[-HAND_OVERS_MOST:]:
        _point(sheet, words.hand_over(said))


def _checking(sheet: PdfCanvas, record: Inspection, entry: Entry, words: Wording) -> None:
    sheet.heading(words.key("paper.checking"), need_mm=50)
    for key in CHECKING:
        _point(sheet, words.key(key))
    fields = entry.fields()
    rows = [
        [words.key("paper.entry"), f"{entry.row}"],
        [words.key("paper.hash"), entry.hash],
        [words.key("paper.before"), str(fields.get("prev", ""))],
        [words.key("paper.body"), str(fields.get("body_sha256", ""))],
        [words.key("paper.unit"), str(fields.get("key", ""))],
        [words.key("paper.clock"), words.clock(fields)],
        [words.key("paper.settings"), record.settings_sha256],
        [
            words.key("paper.versions"),
            ", ".join(f"{visible(k)} {visible(v)}" for k, v in sorted(record.versions.items())),
        ],
        [words.key("paper.judged_with"), words.judged_with(record)],
        [words.key("paper.devices"), words.devices(record)],
    ]
    columns: Sequence[Column] = (
        Column(title=words.key("paper.what"), width_mm=48), Column(title="", width_mm=130),
    )  # fmt: skip
    sheet.y_mm += 2
    sheet.table(columns, rows, size_pt=7.5, wrap=(1,))


def _point(sheet: PdfCanvas, text: str) -> None:
    height_mm = 5.0 * len(sheet.lines(text, BODY_W_MM - 4)) + 1
    sheet.need(height_mm)
    sheet.y_mm += sheet.bullet(text, MARGIN_MM, sheet.y_mm, width_mm=BODY_W_MM)


def found(verdict: Verdict) -> bool:
    """Say whether the verdict is an alarm."""
    return verdict.level in {Level.CHECK, Level.LIKELY_CAMERA}

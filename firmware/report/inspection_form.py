"""Makes the content of the form that an inspection team files: head, one row a cubicle, sums, approval boxes.

::

    record of a site, head from the site file ─► inspection_form ─► form_pdf, form_xlsx

Cells that a person fills in by hand or in the sheet stay empty: what was sealed, what was done, signatures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

from firmware.i18n.catalog import Written
from firmware.i18n.escape import PDF_LIMIT, visible
from firmware.records.custody.hash_chain import Entry
from firmware.records.model import Inspection, NotInspected, Visit
from firmware.records.resolutions import ListedResolution
from firmware.report.formatting import Wording
from firmware.verdict.model import Level

NS_PER_S = 10**9
COLUMNS = ("number", "place", "time", "result", "looked", "found", "sealed", "action")
QUIET = Level.NOTHING_FOUND.value
ALARMS = frozenset({Level.CHECK.value, Level.LIKELY_CAMERA.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormHead:
    """The fields of the form from the site file, empty where the office wrote nothing.

    ``approval`` are the names of the boxes for signatures.
    """

    agency: str = ""
    address: str = ""
    team: str = ""
    unit: str = ""
    approval: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectionForm:
    """The form in one language; every text is ready to be written."""

    title: str
    notice: str  # that it was not measured in a real room, empty where it was
    lang: str
    utc_ns: int
    head: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    alarms: frozenset[int]  # of the rows, those with a find
    sums: tuple[str, ...]
    approval: tuple[str, ...]
    foot: str


def form_of(
    record: Inspection,
    entry: Entry,
    head: FormHead,
    words: Wording,
    *,
    came: Mapping[str, ListedResolution] = MappingProxyType({}),
) -> InspectionForm:
    """Return the form of a whole site.

    Parameters
    ----------
    record : Inspection
        The record of the site.
    entry : Entry
        That holds it in the chain.
    head : FormHead
        The agency's own fields.
    words : Wording
        The language.
    came : mapping of record id to str
        What came of the alarms of its cubicles.

    Returns
    -------
    InspectionForm
        Rows in the order of inspection, then the places that nobody could inspect.
    """
    cubicles = [v for v in record.visits if v.kind != "corridor"]
    rows = [_row(n, v, record, words, came.get(v.record, "")) for n, v in enumerate(cubicles, start=1)]
    rows += [_left_out(n, p, words) for n, p in enumerate(record.not_inspected, start=len(rows) + 1)]
    return InspectionForm(
        title=words.key("form.title"),
        notice=words.provenance(record),
        lang=words.catalog.lang,
        utc_ns=record.span.ended_utc_ns,
        head=_head(record, head, words),
        columns=tuple(words.key(f"form.{name}") for name in COLUMNS),
        rows=tuple(rows),
        alarms=frozenset(i for i, v in enumerate(cubicles) if v.alarm or v.level in ALARMS),
        sums=_sums(record, cubicles, words),
        approval=head.approval or tuple(words.key(f"form.approval.{n}") for n in (1, 2, 3)),
        foot=str(words.catalog.text("form.foot", record=Written(record.id), hash=Written(entry.hash))),
    )


def why_no_certificate(record: Inspection) -> str:
    """Return the message key of why a site earns no certificate; empty where every cubicle earned it."""
    cubicles = [v for v in record.visits if v.kind != "corridor"]
    if any(v.alarm or v.level in ALARMS for v in cubicles):
        return "form.certificate.alarm"
    earned = {(v.room, v.cubicle) for v in cubicles if v.enough and v.level == QUIET}
    if record.not_inspected or not earned or len(earned) < record.planned:
        return "form.certificate.not_enough"
    return "" if all(v.enough and v.level == QUIET for v in cubicles) else "form.certificate.not_enough"


def _head(record: Inspection, head: FormHead, words: Wording) -> tuple[tuple[str, str], ...]:
    span = record.span
    said = {
        "agency": head.agency,
        "site": record.place.site,
        "address": head.address,
        "team": head.team,
        "operator": record.operator,
        "unit": head.unit,
        "begun": _when(span.started_utc_ns, span.offset_s),
        "ended": _when(span.ended_utc_ns, span.offset_s),
    }
    return tuple((words.key(f"form.{name}"), visible(text, limit=PDF_LIMIT)) for name, text in said.items())


def _when(utc_ns: int, offset_s: int) -> str:
    """Return the local time with its distance from UTC, short enough for a field of the form."""
    local = datetime.fromtimestamp(utc_ns // NS_PER_S, tz=timezone(timedelta(seconds=offset_s)))
    return f"{local:%Y-%m-%d %H:%M} ({local:%Z})"


def _row(
    number: int, visit: Visit, record: Inspection, words: Wording, came: ListedResolution
) -> tuple[str, ...]:
    zone = timezone(timedelta(seconds=record.span.offset_s))
    begun = datetime.fromtimestamp(visit.started_utc_ns // NS_PER_S, tz=zone)
    word = words.key(f"level.{visible(visit.level)}") if visit.inspected else words.key("form.not_inspected")
    total = visit.looked + visit.left + visit.found
    action = [words.came_of_alarm(came)] if came else []
    action += [words.early(visit.early)] if visit.early else []
    return (
        str(number),
        _place(visit.room, visit.cubicle, words),
        f"{begun:%H:%M}",
        word,
        f"{visit.looked + visit.found}/{total}" if total else "–",
        str(visit.found),
        "",
        " · ".join(action),
    )


def _left_out(number: int, place: NotInspected, words: Wording) -> tuple[str, ...]:
    why = words.early(place.reason) if place.reason else ""
    named = _place(place.room, place.cubicle, words)
    return (str(number), named, "–", words.key("form.not_inspected"), "–", "–", "", why)


def _place(room: str, cubicle: str, words: Wording) -> str:
    named = words.catalog.text("paper.cubicle", name=cubicle)
    return f"{visible(room, limit=PDF_LIMIT)} · {named}"


def _sums(record: Inspection, cubicles: list[Visit], words: Wording) -> tuple[str, ...]:
    counts = Counter(v.level for v in cubicles if v.inspected)
    by_level = " · ".join(
        f"{words.key(f'level.{level.value}')} {counts[level.value]}" for level in Level if counts[level.value]
    )
    counted = len({(v.room, v.cubicle) for v in cubicles if v.enough})
    text = words.catalog.text
    return (
        str(text("form.sum.cubicles", planned=max(record.planned, counted), counted=counted)),
        str(text("form.sum.levels", levels=by_level or "–")),
        str(text("form.sum.found", count=sum(v.found for v in cubicles))),
        words.key("report.limits"),
    )

"""Stores a walked place and reads it back from everything that is written of it: who disagrees is named."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from typer.testing import CliRunner

from firmware.cli.app import app
from firmware.diag.feed_encoder import encode_line, make_redactor
from firmware.i18n.catalog import Language, catalog_for
from firmware.i18n.escape import for_html
from firmware.inspection.record_writer import KeepJob, RecordWriter
from firmware.inspection.state import Keep
from firmware.inspection.visit_records import VisitFindings
from firmware.records.model import Inspection
from firmware.records.save_scan import span_until_now
from firmware.records.store import RecordStore
from firmware.report.document import draw_report
from firmware.report.export import dossier_of
from firmware.report.formatting import Wording
from firmware.report.html_summary import Scan, summary_html
from firmware.report.pdf_words import pdf_words
from firmware.report.tables import findings_csv, heard_csv
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot

RECORD = "20261201-120000-fedcba-p"


def disagreements(
    snapshot: Snapshot, folder: Path, *, settings: Settings, langs: Iterable[Language]
) -> Iterator[str]:
    """Yield the name of each output that tells another word, or other findings, than the verdict does.

    Parameters
    ----------
    snapshot : Snapshot
        The last moment of a place.
    folder : Path
        An empty folder for the records.
    settings : Settings
        Those of the walk.
    langs : iterable of Language
        In which the pages are made.
    """
    with RecordWriter(folder, settings=settings, kit="sim:x", simulated=True, threaded=False) as writer:
        found = VisitFindings(snapshot=snapshot, span=span_until_now(snapshot.elapsed_s))
        writer.submit(KeepJob(keep=Keep(record=RECORD, kind="personal"), findings=found))
        writer.take()
    level = snapshot.verdict.level.value
    with RecordStore(folder, config=settings.records) as store:
        stored = store.stored(RECORD)
        if next(row.level for row in store.listed() if row.id == RECORD) != level:
            yield "list"
        if stored.inspection.level != level:
            yield "record"
        papers = {
            lang: pdf_words(draw_report(dossier_of(store, stored), catalog_for(lang))) for lang in langs
        }
    shown = {(o.sensor, o.subject) for o in snapshot.observations if o.subject in snapshot.verdict.findings}
    yield from _tables(stored.inspection, len(shown))
    yield from _feed(snapshot, len(shown))
    for lang, paper in papers.items():
        word = Wording(catalog_for(lang)).key(f"level.{level}")
        if word not in paper:
            yield f"paper {lang}"
        yield from _page(snapshot, lang)
        yield from _commands(folder, word, lang)


def _tables(record: Inspection, findings: int) -> Iterator[str]:
    rows = [
        list(csv.DictReader(io.StringIO(t.decode("utf-8-sig"))))
        for t in (findings_csv(record), heard_csv(record))
    ]
    suspects, others = ({(row["sensor"], row["subject"]) for row in table} for table in rows)
    if len(rows[0]) != findings:
        yield "findings.csv"
    if suspects & others:
        yield "heard.csv"


def _feed(snapshot: Snapshot, findings: int) -> Iterator[str]:
    line = encode_line(snapshot, rates={}, workers={}, queues={}, log_tail=(), redact=make_redactor())
    said = json.loads(line)
    marked = [row for name in ("spectrum", "stations", "glints") for row in said[name] if row["finding"]]
    if said["verdict"]["level"] != snapshot.verdict.level.value or (
        len(marked) != findings and not said.get("cut")
    ):
        yield "feed"


def _page(snapshot: Snapshot, lang: Language) -> Iterator[str]:
    verdict, catalog = snapshot.verdict, catalog_for(lang)
    page = summary_html(
        Scan(
            title="a room", when="today", simulated=True, verdict=verdict, observations=snapshot.observations,
            counts=snapshot.counts, screens=(), whereabouts=snapshot.whereabouts,
        ),
        catalog,
    )  # fmt: skip
    if f"<h1>{for_html(catalog.text(f'level.{verdict.level.value}'))}</h1>" not in page:
        yield f"page {lang}"


def _commands(folder: Path, word: str, lang: Language) -> Iterator[str]:
    for words in (("list",), ("show", RECORD)):
        command = ["report", *words, "--records", str(folder), "--lang", lang]
        done = CliRunner().invoke(app, command, env={"COLUMNS": "200"}, catch_exceptions=False)
        if done.exit_code != 0 or word not in done.stdout:
            yield f"report {words[0]} {lang}"

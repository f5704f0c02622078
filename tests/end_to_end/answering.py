"""Answers the alarm of a walked room by button presses, and reads back what every place says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from firmware.handheld.inspection_view import view_of
from firmware.i18n.catalog import Language, catalog_for
from firmware.inspection.answers import HARMLESS_REASONS
from firmware.inspection.record_writer import KeepJob, RecordWriter, ResolveJob
from firmware.inspection.state import AlarmSigned, InspectionState, Keep, Moment, Resolve, Word
from firmware.inspection.state_machine import InspectionMachine, tell
from firmware.inspection.visit_records import VisitFindings
from firmware.records.resolutions import Resolution, came_of_alarm
from firmware.records.save_scan import span_until_now
from firmware.records.store import RecordStore
from firmware.report.document import draw_report
from firmware.report.export import dossier_of
from firmware.report.formatting import Wording
from firmware.report.pdf_words import pdf_words
from firmware.settings.settings import Settings
from firmware.verdict.engine import Snapshot

ROWS: dict[Resolution, int] = {"harmless": 0, "found": 1, "unclear": 2}
WALK = "20261201-120000-abcdef"
MACHINE = InspectionMachine({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer as each of the places tells it: the page, the list, the record, and the report on paper."""

    page: str
    listed: str
    record: str
    paper: dict[Language, bool]
    trouble: str = ""

    def agree(self, word: str) -> bool:
        """Say whether all of them tell this answer."""
        return self.page == self.listed == self.record == word and all(self.paper.values())


def answer(
    snapshot: Snapshot, word: Resolution, folder: Path, *, settings: Settings, langs: Iterable[Language]
) -> Told:
    """Store a place, answer its alarm by pressing buttons on the result page, and read everything back."""
    with RecordWriter(folder, settings=settings, kit="sim:x", simulated=True, threaded=False) as writer:
        found = VisitFindings(snapshot=snapshot, span=span_until_now(snapshot.elapsed_s))
        writer.submit(KeepJob(keep=Keep(record=f"{WALK}-p", kind="personal"), findings=found))
        writer.take()
        walk, resolve = _pressed(snapshot, word)
        writer.submit(ResolveJob(resolve=resolve))
        (signed,) = writer.take()
        assert isinstance(signed, AlarmSigned)
        walk = tell(walk, signed).state
    notice = view_of(walk, Moment(), snapshot.verdict, MACHINE).notice
    page = "" if notice is None else notice.key.removeprefix("resolve.signed.")
    with RecordStore(folder, config=settings.records) as store:
        stored = store.stored(resolve.record)
        said = [one for _, one in store.resolutions(resolve.record)]
        dossier = dossier_of(store, stored)
        return Told(
            page=page,
            listed=next(row.resolution for row in store.listed() if row.id == resolve.record),
            record=came_of_alarm(stored.inspection.verdict, said),
            paper={lang: _is_on_paper(draw_report(dossier, catalog_for(lang)), word, lang) for lang in langs},
            trouble=signed.trouble,
        )


def _pressed(snapshot: Snapshot, word: Resolution) -> tuple[InspectionState, Resolve]:
    kept = snapshot.verdict.alarm
    now = Moment(alarm="" if kept is None else kept.level.value)
    walk = InspectionState(stage="result", inspection_id=WALK)
    words: list[Word] = ["ok", *(["down"] * ROWS[word]), "ok", *(["ok"] if word == "harmless" else [])]  # type: ignore[list-item]
    effects: list[Resolve] = []
    for one in words:
        walk, more = MACHINE.press(walk, one, now)
        effects += [e for e in more if isinstance(e, Resolve)]
    reason = HARMLESS_REASONS[0] if word == "harmless" else ""
    forced = Resolve(record=f"{WALK}-p", resolution=word, reason=reason)  # no button asks it
    return walk, next(iter(effects), forced)


def _is_on_paper(pdf: bytes, word: Resolution, lang: Language) -> bool:
    """Say whether page one tells the answer and nothing in the report that the alarm is still open."""
    words, text = Wording(catalog_for(lang)), pdf_words(pdf)
    return words.came_of_alarm(word) in text and words.key("paper.alarm.open") not in text

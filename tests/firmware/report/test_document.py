"""The report says what the record says, in both languages, whatever names the air carries."""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.i18n.catalog import LANGUAGES, Language, catalog_for
from firmware.i18n.help_lines import help_lines
from firmware.records.bundle import verify_file
from firmware.records.compare.diff import ChangeWord
from firmware.records.custody.deterministic_zip import unpack
from firmware.records.custody.hash_chain import ClockWord, Entry, FaultWord
from firmware.records.custody.unit_key import UnitKey
from firmware.records.model import Attachment, CheckState, Inspection, Place, RecordKind, read_verdict
from firmware.records.resolutions import Resolved
from firmware.records.store import RecordStore
from firmware.report.cover_page import CUSTODY_TOP_MM, draw_cover_page
from firmware.report.document import Dossier, draw_report
from firmware.report.export import EVIDENCE, dossier_of, export
from firmware.report.formatting import HELP_STEPS, Wording, qr_text
from firmware.report.pdf_canvas import INK, PdfCanvas, runs
from firmware.report.tables import findings_csv, heard_csv
from firmware.settings.records_config import RecordsConfig
from firmware.verdict.model import Level
from lensdetect.model import GlintLabel
from sweeper.model import EmissionKind
from tests.firmware.records.custody.test_hash_chain import STAMP, START, seal_entry
from tests.firmware.records.rooms import (
    ALL_MACS,
    BYSTANDER_NAME,
    SUSPECT_MAC,
    FakeClock,
    emission,
    inspection,
    station,
)

KEY = UnitKey(bytes(32))
SMALL = RecordsConfig(free_least_bytes=0)


def entry_of(record: Inspection) -> Entry:
    return seal_entry(key=KEY, seq=1, kind="inspection", name=record.id, body=b"{}", prev=START, stamp=STAMP)


def paper(record: Inspection, lang: Language, **more: object) -> bytes:
    return draw_report(Dossier(record=record, entry=entry_of(record), **more), catalog_for(lang))  # type: ignore[arg-type]


def unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream)
    except zlib.error:
        return stream


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF of ours: decompressed streams, glyphs put back by the ToUnicode map."""
    streams = [unpacked(m[1]) for m in re.finditer(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)]
    cmap = next(s for s in streams if b"beginbfchar" in s)
    letters = {
        int(a, 16): bytes.fromhex(b.decode()).decode("utf-16-be")
        for a, b in re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>\n", cmap)
    }
    words = []
    for stream in (s for s in streams if b" Tf" in s):
        for shown in re.findall(rb"\(((?:[^\\()]|\\.)*)\) Tj", stream, re.DOTALL):
            raw = re.sub(rb"\\([\\()nr])", lambda m: {b"n": b"\n", b"r": b"\r"}.get(m[1], m[1]), shown)
            words.append(
                "".join(letters.get(int.from_bytes(raw[i : i + 2], "big"), "") for i in range(0, len(raw), 2))
            )
    return "\n".join(words)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_drawn_in_every_language_and_says_its_word(level: Level, lang: Language) -> None:
    record, words = inspection(KEY, level=level), Wording(catalog_for(lang))
    text = text_of(paper(record, lang))
    verdict = read_verdict(record)
    assert words.key(f"level.{level}") in text
    assert words.probability(verdict.probability) in text
    assert words.percent(verdict.share_caught) in text
    assert words.key("report.simulated") in text
    assert "2026-11-22 21:00:00 (Asia/Seoul, UTC+09:00) = 2026-11-22 12:00:00 UTC" in text
    for kind in verdict.blind_to:
        assert words.key(kind) in text
    assert "{" not in text.replace("{nb}", "")


def test_a_long_note_is_printed_in_full() -> None:
    note = " ".join(f"word{n}" for n in range(400))
    text = text_of(paper(replace(inspection(KEY), note=note), "en"))
    assert "word399" in text


def test_what_came_of_an_alarm_stands_on_paper() -> None:
    said = Resolved(record="x", resolution="harmless", reason="smoke detector", utc_ns=1_796_000_000 * 10**9)
    assert "smoke detector" in text_of(paper(inspection(KEY), "en", resolutions=(said,)))


def test_the_same_record_gives_the_same_bytes() -> None:
    record = inspection(KEY)
    assert paper(record, "ko") == paper(record, "ko")


def test_the_font_travels_inside(tmp_path: Path) -> None:
    pdf = paper(inspection(KEY), "ko")
    assert b"NotoSansKR" in pdf
    assert b"/FontFile3" in pdf


def test_no_clear_address_and_no_bystanders_name_is_on_paper_or_in_tables() -> None:
    record = inspection(KEY)
    everything = "".join(text_of(paper(record, lang)) for lang in LANGUAGES) + findings_csv(record).decode()
    for mac in ALL_MACS:
        assert mac not in everything.lower()
        assert mac.replace(":", "") not in everything.lower()
    assert "Minji" not in everything
    assert BYSTANDER_NAME not in everything


def test_hostile_names_are_written_out_and_obeyed_by_nobody() -> None:
    record = inspection(KEY, more=(station(SUSPECT_MAC, 0.93, ssid="{nb} \u202e\x00 (x) \\) Tj ET"),))
    text = text_of(paper(record, "en"))
    assert "{nb}" in text
    assert "\\u202e" in text
    assert "\\x00" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


@settings(max_examples=6, deadline=None)
@given(st.text(max_size=80))
def test_any_name_can_be_printed(name: str) -> None:
    more = (station("02:00:00:00:00:01", 0.9, ssid=name, vendor=name),)
    record = inspection(KEY, level=Level.NOTHING_FOUND, more=more)
    record = replace(record, operator=name.replace("\ud800", "")[:200], note="")
    assert paper(record, "ko").startswith(b"%PDF")


@given(st.text(max_size=60))
def test_no_cell_of_the_table_is_a_formula(name: str) -> None:
    record = inspection(
        KEY, level=Level.NOTHING_FOUND,
        more=(
            station("02:00:00:00:00:01", 0.9, ssid=name, vendor="=cmd|' /C calc'!A0"),
            emission(5, 100.0, 0.1, service="@SUM(A1)"),
        ),
    )  # fmt: skip
    content = heard_csv(record)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len({len(row) for row in rows}) == 1
    assert len(rows) == 3
    for cell in (c for row in rows for c in row):
        start = cell.lstrip(" \u00a0\u3000")[:1]
        assert start not in tuple("=+@＝＋＠|%\t\r") or not start
        if start in {"-", "－"}:
            float(cell)  # a level, not a formula


def test_findings_and_heard_things_stand_in_tables_of_their_own_with_their_numbers() -> None:
    record = inspection(KEY)
    findings, heard = (
        list(csv.DictReader(io.StringIO(table.decode("utf-8-sig"), newline="")))
        for table in (findings_csv(record), heard_csv(record))
    )
    assert len(findings) + len(heard) == len(record.findings)
    assert heard
    assert "score" not in heard[0]
    assert {row["suspicious"] for row in findings} == {"yes"}
    loudest = next(r for r in findings if r["subject"] == "rf:e1")
    assert (loudest["center_hz"], loudest["kind"]) == ("1080000000.0", "analog-video-pal")


def test_the_sum_names_no_number_that_contradicts_the_word() -> None:
    record = inspection(KEY, level=Level.CHECK)
    low = replace(record, verdict={**record.verdict, "probability": 0.0004})
    words = Wording(catalog_for("en"))
    text = text_of(paper(low, "en"))
    assert words.probability(0.0004) not in text
    assert words.key("cli.no_number") in text
    kept = {"level": "check", "t_ns": 0, "probability": 0.0004, "rule": "", "subjects": []}
    text = text_of(paper(replace(low, verdict={**low.verdict, "alarm": kept}), "en"))
    assert words.probability(0.0004) not in text


def test_a_place_that_was_left_early_says_why_on_page_one() -> None:
    text = text_of(paper(replace(inspection(KEY), left_early="early.no_time"), "en"))
    assert "No time left" in text


def test_five_hundred_findings_are_all_printed() -> None:
    more = tuple(emission(n, 30.0 + n * 3.3, 0.1) for n in range(10, 510))
    record = inspection(KEY, level=Level.NOTHING_FOUND, more=more)
    text = text_of(paper(record, "en"))
    words = Wording(catalog_for("en"))
    printed = [words.finding(f).what for f in record.findings]
    assert len(printed) == 500
    assert not [p for p in printed if p not in text]


def test_a_picture_that_is_broken_or_a_bomb_does_not_stop_the_report() -> None:
    broken = b"\x89PNG\r\n\x1a\n" + b"rubbish" * 20
    bomb = (
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\xff\xff\x00\x00\xff\xff\x08\x02\x00\x00\x00"
        + b"\0" * 40
    )
    pictures = {f"{n}" * 64: content for n, content in enumerate((broken, bomb, b""))}
    attachments = tuple(
        Attachment(sha256=digest, name="p.png", media_type="image/png", size_bytes=len(content))
        for digest, content in pictures.items()
    )
    record = replace(inspection(KEY, level=Level.NOTHING_FOUND), attachments=attachments)
    text = text_of(paper(record, "en", pictures=pictures))
    assert not [digest for digest in pictures if digest not in text]


def test_an_export_is_whole_and_holds_every_part(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "store", config=SMALL, clock=FakeClock()) as store:
        picture = store.attachments.put(b"not really a picture", name="a.png", media_type="image/png")
        store.append(inspection(store.key, "room-0001"))
        store.append(inspection(store.key, "room-0002", attachments=(picture,)))
        done = export(store, "room-0002")
        plain_names = store.key.pseudonym(SUSPECT_MAC)
    path = tmp_path / done.name
    path.write_bytes(done.content)
    checked = verify_file(path)
    assert checked.whole
    assert checked.head == done.entry_hash
    parts, _ = unpack(path)
    assert set(parts) == {
        f"attachments/{picture.sha256}.png", "chain.jsonl", "findings.csv", "heard.csv",
        "inspection.json", "manifest.json",
        "manifest.sig", "public-key.pem", "report-en.pdf", "report-ko.pdf",
    }  # fmt: skip
    assert SUSPECT_MAC.encode() not in done.content.lower()
    assert plain_names.encode() in parts["inspection.json"]
    assert "room-0001" in text_of(parts["report-en.pdf"])  # compared with the inspection before


def test_clear_addresses_leave_the_unit_only_when_asked_for(tmp_path: Path) -> None:
    with RecordStore(tmp_path / "store", config=SMALL, clock=FakeClock()) as store:
        store.append(inspection(store.key, "room-0001"))
        asked = export(store, "room-0001", languages=(), evidence=True)
    path = tmp_path / asked.name
    path.write_bytes(asked.content)
    parts, _ = unpack(path)
    assert SUSPECT_MAC.encode() in parts[EVIDENCE].lower()
    for mac in ALL_MACS[2:]:
        assert mac.encode() not in asked.content.lower()
    assert verify_file(path).whole


def test_the_qr_code_names_the_entry() -> None:
    record = inspection(KEY)
    entry = entry_of(record)
    assert qr_text(record, entry).split() == [
        "ANSIM1",
        "ROOM-0001",
        "1",
        entry.hash.upper(),
        KEY.fingerprint.upper(),
    ]


@given(st.lists(st.booleans(), max_size=60))
def test_runs_are_the_row(row: list[bool]) -> None:
    rebuilt = [False] * len(row)
    for start, length in runs([int(x) for x in row]):
        rebuilt[start : start + length] = [True] * length
    assert rebuilt == row


@pytest.fixture(scope="module")
def sheet() -> Iterator[PdfCanvas]:
    with closing(PdfCanvas(title="t", foot="f", utc_ns=0, lang="en")) as made:
        yield made


@given(text=st.text(max_size=200), width_mm=st.floats(5.0, 80.0))
@settings(max_examples=200, deadline=None)
def test_one_line_never_leaves_its_place(sheet: PdfCanvas, text: str, width_mm: float) -> None:
    shown = sheet._fitted(text, width_mm, 9.0)
    sheet._font(9.0, INK)
    assert sheet._pdf.get_string_width(shown) <= width_mm + 0.02


def test_plots_are_drawn_by_one_room_only() -> None:
    source = Path(__file__).parents[3] / "firmware"
    users = {
        p.parent.name
        for p in source.rglob("*.py")
        if re.search(r"^\s*(from|import) matplotlib", p.read_text(), re.MULTILINE)
    }
    assert users == {"report"}


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("level", list(Level))
def test_page_one_never_runs_into_the_hash_below(level: Level, lang: Language) -> None:
    """Every text as long as a record allows."""
    record = inspection(KEY, level=level)
    kinds = ("wifi-stream", "wifi-idle", "card", "wired", "analog-low", "analog-high", "cellular")
    silence = {
        "sensor": "rf",
        "subject": "",
        "log_lr": 1.0,
        "reason": "screen.verbatim",
        "params": {"text": "가 " * 24},
    }
    verdict = {
        **record.verdict, "blind_to": [f"kind.{k}" for k in kinds], "failed": ["rf", "wifi"],
        "contributions": [silence] * 9,
    }  # fmt: skip
    long = "아주 긴 이름 W" * 20
    record = replace(
        record,
        verdict=verdict,
        senses=tuple(replace(s, coverage=0.0 if s.sensor in {"rf", "wifi"} else None) for s in record.senses),
        checklist={f"place.{long[:60]}.{n}": "skipped" for n in range(40)},
        place=Place(site=long, room=long, cubicle=long),
        operator=long,
        note=long * 10,
        kit=long,
    )
    sheet = PdfCanvas(title="t", foot="f", utc_ns=0, lang=lang)
    with closing(sheet):
        draw_cover_page(sheet, record, entry_of(record), read_verdict(record), Wording(catalog_for(lang)))
        assert sheet.y_mm <= CUSTODY_TOP_MM


def test_the_corridor_is_compared_and_an_old_one_is_refused(tmp_path: Path) -> None:
    said = {}
    for days in (0, 3):
        with RecordStore(tmp_path / str(days), config=SMALL, clock=FakeClock()) as store:
            corridor = inspection(store.key, "corridor-1", kind="corridor", level=Level.NOTHING_FOUND)
            shift_ns = days * 86_400 * 10**9
            span = replace(
                corridor.span,
                started_utc_ns=corridor.span.started_utc_ns - shift_ns,
                ended_utc_ns=corridor.span.started_utc_ns - shift_ns,
            )
            store.append(replace(corridor, span=span))
            store.append(inspection(store.key, "room-0001"))
            dossier = dossier_of(store, store.stored("room-0001"))
            said[days] = text_of(draw_report(dossier, catalog_for("en")))
            assert dossier_of(store, store.stored("corridor-1")).corridor is None
    assert "Compared with the corridor" in said[0]
    assert "Without a usable corridor reference" not in said[0]
    assert "Without a usable corridor reference" in said[3]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_word_that_is_put_together_at_run_time_has_a_sentence(lang: Language) -> None:
    built = [f"paper.kind.{word}" for word in get_args(RecordKind)]
    built += [f"paper.state.{word}" for word in get_args(CheckState)]
    built += [f"paper.clock.{word}" for word in get_args(ClockWord)]
    built += [f"verify.trouble.{word}" for word in (*get_args(FaultWord), "added")]
    built += [f"baseline.{word}" for word in get_args(ChangeWord)]
    built += [f"line.{word}" for word in get_args(EmissionKind)]
    built += [f"glint.{word}" for word in get_args(GlintLabel)]
    parts = ("analog_low", "cofdm", "cellular", "streaming", "idle", "adverts", "surface")
    built += [f"part.{word}" for word in parts]
    built += [key for steps in HELP_STEPS.values() for key in steps]
    assert {key for key in built if key not in catalog_for(lang)} == set()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_page_one_says_whom_to_call_in_the_country_of_the_record(lang: Language) -> None:
    found = inspection(KEY, level=Level.LIKELY_CAMERA)
    numbers = {c: [x.number for x in help_lines(c)[:3]] for c in ("KR", "GB")}
    for country in numbers:
        text = text_of(paper(replace(found, country=country), lang))
        assert all(n in text for n in numbers[country])
    assert "112" in text_of(paper(found, lang))  # a record of before this was kept
    quiet = text_of(paper(replace(inspection(KEY, level=Level.NOTHING_FOUND), country="GB"), lang))
    assert "0345 6000 459" not in quiet

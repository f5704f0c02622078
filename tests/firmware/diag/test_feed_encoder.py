"""One line of the feed: bounded, ASCII, without addresses, and telling what was planted."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from firmware.diag.feed_encoder import (
    GLINTS_MOST,
    LINE_BYTES_MOST,
    LINES_MOST,
    LOG_MOST,
    STATIONS_MOST,
    LogTail,
    Rates,
    encode_line,
    make_redactor,
)
from firmware.sensor import Observation
from hw.types import Counts
from tests.firmware.diag.moments import BYSTANDER, CAMERA_MAC, KEY, line, snapshot
from tests.firmware.sensors import S, emission, glint, station

ADDRESS = re.compile(r"(?<![0-9a-f~])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")


def encode(observations: list[Observation]) -> bytes:
    return encode_line(
        replace(snapshot(), observations=tuple(observations)),
        rates={}, workers={}, queues={}, log_tail=(), redact=make_redactor(KEY),
    )  # fmt: skip


def test_the_line_tells_what_was_planted() -> None:
    told = json.loads(line(redacted=False))
    best = told["stations"][0]
    assert (best["address"], best["ssid"], best["score"]) == (CAMERA_MAC, BYSTANDER, 0.99)
    marked = {s["address"] for s in told["stations"] if s["finding"]}
    assert marked == snapshot().verdict.findings == {CAMERA_MAC}
    assert not any(row["finding"] for row in (*told["spectrum"], *told["glints"]))
    sensors = {row["sensor"]: row for row in told["sensors"]}
    assert sensors["wifi"]["dropped"] == {"bad_fcs": 7}
    assert sensors["wifi"]["read_per_s"] == 1513.6
    assert (sensors["lens"]["state"], sensors["lens"]["reason"]) == ("lost", "unplugged")
    assert (sensors["lens"]["restarts"], sensors["lens"]["queue_dropped"]) == (2, 1)
    assert told["queues"] == {"inbox": 3, "saving": 0}
    assert told["verdict"]["level"] == snapshot().verdict.level.value
    assert len(told["spectrum"]) == 6
    assert len(told["glints"]) == 20


def test_redacted_there_is_no_address_and_no_name_from_the_air() -> None:
    text = line().decode("ascii")
    assert ADDRESS.search(line(redacted=False).decode("ascii"))
    assert not ADDRESS.search(text)
    assert BYSTANDER not in text
    assert "Espressif" in text  # a maker is nobody's name


def test_one_device_has_one_pseudonym_everywhere() -> None:
    told = json.loads(line())
    pseudonym = KEY.pseudonym(CAMERA_MAC)
    assert told["stations"][0]["address"] == pseudonym
    assert pseudonym in told["log"][0]["text"]
    assert pseudonym in json.dumps(told["verdict"]["reasons"])


def test_another_key_gives_other_pseudonyms() -> None:
    value = {"address": CAMERA_MAC}
    assert make_redactor()(value) != make_redactor()(value)


@given(name=st.text(max_size=64), count=st.integers(0, 300))
def test_every_list_is_bounded_and_every_line_is_one_ascii_line(name: str, count: int) -> None:
    many: list[Observation] = []
    for i in range(count):
        many += [replace(station(f"02:00:00:00:{i // 256:02x}:{i % 256:02x}"), ssid=name)]
        many += [emission(str(i)), glint(i)]
    raw = encode(many)
    assert raw.isascii()
    assert raw.count(b"\n") == 1
    assert len(raw) <= LINE_BYTES_MOST
    told = json.loads(raw)
    assert len(told["stations"]) == min(count, STATIONS_MOST)
    assert len(told["spectrum"]) == min(count, LINES_MOST)
    assert len(told["glints"]) == min(count, GLINTS_MOST)


def test_a_line_that_would_be_too_long_loses_its_lists_and_says_so() -> None:
    flood = [replace(station(f"02:00:00:00:00:{i:02x}"), vendor="x" * 40_000) for i in range(40)]
    told = json.loads(encode(list(flood)))
    assert told["cut"] is True
    assert told["stations"] == []
    assert told["verdict"]["level"]


def test_numbers_that_are_none_become_null() -> None:
    told = json.loads(encode([replace(emission("1"), snr_db=float("nan"))]))
    assert told["spectrum"][0]["snr_db"] is None


def record(message: object, *args: object) -> logging.LogRecord:
    return logging.LogRecord("x", logging.WARNING, "file", 1, message, args, None)


def test_the_log_tail_reads_structured_events_and_hangs_on_the_root() -> None:
    tail = LogTail()
    tail.attach()
    try:
        logging.getLogger("ansim-test-tail").error({"event": "sense lost", "sense": "rf", "_record": 1})
    finally:
        tail.detach()
        tail.detach()
    logging.getLogger("ansim-test-tail").error("later")
    assert tail.lines() == ({"level": "error", "text": "sense lost sense=rf"},)


def test_the_log_tail_keeps_the_last_lines_short_and_printable() -> None:
    tail = LogTail()
    for i in range(LOG_MOST + 5):
        tail.handle(record("line %d \x1b[31m %s", i, "y" * 1000))
    tail.handle(record("bad %d", "words"))  # its arguments do not fit: kept as its kind, not raised
    kept = tail.lines()
    assert len(kept) == LOG_MOST
    assert kept[-1]["text"].startswith("unreadable")
    assert kept[-2]["text"].startswith(f"line {LOG_MOST + 4} ")
    assert all("\x1b" not in row["text"] and len(row["text"]) < 260 for row in kept)


def test_rates_are_readings_a_second_and_begin_anew_with_an_inspection() -> None:
    rates = Rates()
    base = snapshot()

    def at(t_s: float, read: int, inspection: int = 1) -> float | None:
        sensors = tuple(replace(s, counts=Counts(sensor=s.name, read=read, dropped={})) for s in base.sensors)
        moment = replace(base, t_ns=round(t_s * S), sensors=sensors, inspection=inspection)
        return rates.update(moment).get("rf")

    assert at(1.0, 100) is None
    assert at(2.0, 150) == 50.0
    assert at(3.0, 400) == 150.0
    assert at(3.5, 5, inspection=2) is None
    assert at(4.5, 25, inspection=2) == 20.0

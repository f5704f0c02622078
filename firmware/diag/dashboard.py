"""Lays out the technician's dashboard: one snapshot of a running unit as lines of text.

Five blocks stand under each other; at 80×24 they fill the screen exactly. Everything is text of one row
height, so that a slow line carries only the rows that changed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import groupby

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from firmware.diag.feed_client import Row
from firmware.i18n.catalog import Catalog
from hw.types import SENSOR_NAMES

LOW_HZ, HIGH_HZ = 24e6, 1766e6  # what the receiver can tune
BAR_FULL_DB = 40.0  # height of the highest bar
BARS = " ▁▂▃▄▅▆▇█"
SPECTRUM_ROWS = 4
RATE_WHOLE_FROM = 100.0
# Characters; two of a hundred devices alike once in ten thousand rooms.
PSEUDONYM_SHOWN = 9
LEVEL_STYLES: Mapping[str, str] = {
    "inconclusive": "bold black on yellow",
    "nothing_found": "bold black on green",
    "check": "bold black on dark_orange",
    "likely_camera": "bold white on red",
}
STATE_STYLES: Mapping[str, str] = {
    "running": "green", "finished": "cyan", "starting": "yellow", "lost": "bold red", "missing": "red",
}  # fmt: skip
PSEUDONYM = re.compile(r"~[0-9a-f]{16}")
KINDS: Mapping[str, str] = {"station": "STA", "ap": "AP", "ble": "BLE"}
LOG_STYLES: Mapping[str, str] = {"warning": "yellow", "error": "red", "critical": "bold red"}
DIM, ALERT, HEAD, RULE = "dim", "bold red", "bold", "bright_blue"
LONGEST_SHOWN_S = 9999 * 3600  # a feed that says more is broken, and must not break the line


def verdict_block(moment: Row, catalog: Catalog, width: int) -> list[Text]:
    """Return the verdict with its numbers, and the next step: two rows."""
    verdict = moment.row("verdict")
    level = verdict.text("level")
    shown = catalog.text(f"level.{level}") if f"level.{level}" in catalog else level or "–"
    phase = moment.text("phase")
    fits = verdict.fields.get("number_fits") is not False
    facts = catalog.text(
        "watch.facts" if fits else "watch.facts_without_number",
        probability=verdict.number("probability") or 0.0,
        share=verdict.number("share_caught") or 0.0,
        inspection=moment.count("inspection"),
    )
    elapsed = _clock(moment.number("elapsed_s") or 0.0)
    state = catalog.text(f"watch.{phase}") if f"watch.{phase}" in catalog else phase
    head = Text.assemble((f" {shown} ", LEVEL_STYLES.get(level, "reverse")), f" {facts} ", (state, HEAD))
    return [_ends(head, Text(elapsed), width), _fit(_said(verdict, catalog), width, DIM)]


def _said(verdict: Row, catalog: Catalog) -> str:
    """Return the strongest reason where there is one that speaks for a camera, else the next step."""
    for reason in verdict.rows("reasons"):
        key = reason.text("reason")
        if (reason.number("log_lr") or 0.0) > 0 and key in catalog:
            params = {
                k: v for k, v in reason.row("params").fields.items() if isinstance(v, str | int | float)
            }
            return _brief(catalog.fill(key, params))
    step = verdict.text("next_step")
    return str(catalog.text(step)) if step in catalog else step


def _brief(text: str) -> str:
    """Return text with its pseudonyms cut to what the board shows of them everywhere."""
    return PSEUDONYM.sub(lambda m: m[0][:PSEUDONYM_SHOWN], text)


def sensor_block(moment: Row, catalog: Catalog, width: int) -> list[Text]:
    """Return a row for each sensor: state, coverage, readings, rates, drops, restarts, trouble. Five rows."""
    keys = ("sense", "state", "covered", "read", "rate", "drops", "restarts", "trouble")
    head = _columns([str(catalog.text(f"watch.{k}")) for k in keys], width, style=HEAD)
    by_name = {row.text("sensor"): row for row in moment.rows("sensors")}
    return [head, *(_sensor(name, by_name.get(name, Row({})), catalog, width) for name in SENSOR_NAMES)]


SENSOR_WIDTHS = (10, 13, 6, 6, 6, 6, 5)


def _columns(cells: Sequence[str], width: int, *, style: str = "") -> Text:
    left = "".join(
        set_cell_size(cell, size - 1) + " " for cell, size in zip(cells, SENSOR_WIDTHS, strict=False)
    )
    return _fit(left + cells[-1], width, style)


def _sensor(name: str, row: Row, catalog: Catalog, width: int) -> Text:
    state = row.text("state") or "missing"
    covered, rate = row.number("coverage"), row.number("read_per_s")
    queue_drops = row.count("queue_dropped")
    drops = row.row("dropped").total()
    cells = [
        str(catalog.text(f"sense.{name}")),
        str(catalog.text(f"state.{state}")) if f"state.{state}" in catalog else state,
        "–" if covered is None else f"{covered:.0%}",
        _short(row.count("read")),
        "–" if rate is None else f"{rate:.1f}" if rate < RATE_WHOLE_FROM else _short(int(rate)),
        _short(drops) + (f"+{_short(queue_drops)}" if queue_drops else ""),
        _short(row.count("restarts")),
        _trouble(row, catalog),
    ]
    line = _columns(cells, width)
    start = SENSOR_WIDTHS[0]
    line.stylize(STATE_STYLES.get(state, ""), _offset(line, start), _offset(line, start + SENSOR_WIDTHS[1]))
    if row.text("reason"):
        line.stylize("yellow", _offset(line, sum(SENSOR_WIDTHS)))
    return line


def _trouble(row: Row, catalog: Catalog) -> str:
    """Return the trouble of a sensor in words; else why readings were left out."""
    reason = row.text("reason")
    if reason:
        keys = (
            f"brief.hint.{reason}",
            reason,
            f"hint.{reason}",
            f"status.{reason}",
        )
        said = next((str(catalog.text(k)) for k in keys if k in catalog), reason)
        hint = row.text("hint", limit=120)
        return said if hint in said else f"{said} · {hint}"
    most = sorted(row.row("dropped").numbers().items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {_short(count)}" for name, count in most[:3])


def spectrum_block(moment: Row, catalog: Catalog, width: int) -> list[Text]:
    """Return bars over the whole range, and an axis in MHz: six rows.

    Each column is the strongest transmission in its share of the range; a column with a finding is red.
    """
    lines = moment.rows("spectrum")
    heights, alerts = [0.0] * width, [False] * width
    for line in lines:
        hz, snr = line.number("center_hz"), line.number("snr_db")
        if hz is None or snr is None or not LOW_HZ <= hz <= HIGH_HZ:
            continue
        half = min(line.number("bandwidth_hz") or 0.0, 50e6) / 2
        for column in range(_column(hz - half, width), _column(hz + half, width) + 1):
            heights[column] = max(heights[column], snr / BAR_FULL_DB)
            alerts[column] = alerts[column] or _is_finding(line)
    bars = [_bar_row(level, heights, alerts) for level in reversed(range(SPECTRUM_ROWS))]
    title = catalog.text("watch.spectrum", count=len(lines))
    return [_rule(str(title), width), *bars, _axis(width)]


def _column(hz: float, width: int) -> int:
    at = math.floor((hz - LOW_HZ) / (HIGH_HZ - LOW_HZ) * width)
    return min(max(at, 0), width - 1)


def _bar_row(level: int, heights: Sequence[float], alerts: Sequence[bool]) -> Text:
    row = Text()
    cells = [(_bar(level, height), alert) for height, alert in zip(heights, alerts, strict=True)]
    for alert, run in groupby(cells, key=lambda cell: cell[1]):  # a style a run: few bytes on a slow line
        row.append("".join(bar for bar, _ in run), style=ALERT if alert else "cyan")
    row.rstrip()
    return row


def _bar(level: int, height: float) -> str:
    filled = min(max(height, 0.0), 1.0) * SPECTRUM_ROWS - level
    step = round(min(max(filled, 0.0), 1.0) * (len(BARS) - 1))
    return BARS[max(step, 1) if level == 0 and height > 0 else step]  # whatever was heard is seen


def _axis(width: int) -> Text:
    cells = [" "] * width
    for mhz in (24, 433, 868, 1090, 1420, 1766):
        word = f"{mhz}" if mhz < 1700 else f"{mhz} MHz"
        at = min(_column(mhz * 1e6, width), width - len(word))
        cells[at : at + len(word)] = word
    return Text("".join(cells)[:width], style=DIM)


def things_block(moment: Row, catalog: Catalog, width: int, rows: int = 5) -> list[Text]:
    """Return stations on the left and lens reflections on the right, the most suspicious first."""
    left = max(20, width * 2 // 3 - 1)
    right = width - left - 1
    stations, glints = moment.rows("stations"), moment.rows("glints")
    heads = (
        _rule(str(catalog.text("watch.stations", count=len(stations))), left),
        _rule(str(catalog.text("watch.glints", count=len(glints))), right),
    )
    lines = [_beside(*heads, left)]
    for i in range(rows - 1):
        station = _station(stations[i], left) if i < len(stations) else Text()
        glint = _glint(glints[i], catalog, right) if i < len(glints) else Text()
        lines.append(_beside(station, glint, left))
    return lines


def _station(row: Row, width: int) -> Text:
    mhz, dbm = row.number("channel_mhz"), row.number("rssi_dbm")
    bps = row.number("uplink_bps")
    cells = (
        (KINDS.get(row.text("as"), "?"), 4),
        (_brief(row.text("address", limit=18)), 10),
        ("" if mhz is None else f"{mhz:.0f}", 5),
        ("" if dbm is None else f"{dbm:.0f}", 5),
        ("" if not bps else f"{bps / 1e6:.1f}M", 6),
        (_score(row), 5),
        (row.text("vendor", limit=40), max(9, width - 44)),
    )
    text = "".join(set_cell_size(cell, size - 1) + " " for cell, size in cells)
    return _fit(text + _brief(row.text("ssid", limit=32)), width, ALERT if _is_finding(row) else "")


def _glint(row: Row, catalog: Catalog, width: int) -> Text:
    label = row.text("label")
    said = str(catalog.text(f"glint.{label}")) if f"glint.{label}" in catalog else label
    text = f"#{row.count('id'):<4}{_score(row):<4} {row.count('poses'):>3}× {said}"
    return _fit(text, width, ALERT if _is_finding(row) else "")


def _is_finding(row: Row) -> bool:
    """Say whether the verdict calls it a finding; an older unit says it of nothing."""
    return row.fields.get("finding") is True


def _score(row: Row) -> str:
    return f"{row.number('score') or 0.0:.2f}" if _is_finding(row) else "–"


def log_block(moment: Row, catalog: Catalog, width: int, rows: int = 5) -> list[Text]:
    """Return the depths of the queues, and the last lines of the log."""
    queues = " ".join(f"{name} {count}" for name, count in _depths(moment).items())
    title = f"{catalog.text('watch.log')} · {catalog.text('watch.queues')} {queues or '–'}"
    kept = moment.rows("log")[-(rows - 1) :] if rows > 1 else ()
    said = [
        _fit(_brief(r.text("text", limit=300)), width, LOG_STYLES.get(r.text("level"), DIM)) for r in kept
    ]
    return [_rule(title, width), *said, *[Text()] * (rows - 1 - len(said))]


def _depths(moment: Row) -> dict[str, int]:
    queues = moment.row("queues")
    return {Row({"n": name}).text("n", limit=16): queues.count(name) for name in list(queues.fields)[:8]}


def board(moment: Row, catalog: Catalog, *, width: int, height: int) -> list[Text]:
    """Return the whole board, at most ``height`` rows of at most ``width`` cells."""
    fixed = (
        verdict_block(moment, catalog, width)
        + sensor_block(moment, catalog, width)
        + spectrum_block(moment, catalog, width)
    )
    things, log = split_rest(height - len(fixed))
    lines = [*fixed, *things_block(moment, catalog, width, things), *log_block(moment, catalog, width, log)]
    return lines[:height]


def split_rest(rows: int) -> tuple[int, int]:
    """Return the rows that things and log get of the remaining height; the things get a little more."""
    rows = max(rows, 4)
    log = max(2, rows * 2 // 5)
    return rows - log, log


def _rule(title: str, width: int) -> Text:
    shown = set_cell_size(title, min(cell_len(title), max(0, width - 6)))
    line = f"── {shown} "
    return Text.assemble((line + "─" * max(0, width - cell_len(line)), RULE))


def _beside(left: Text, right: Text, width: int) -> Text:
    padded = left.copy()
    padded.append(" " * max(0, width + 1 - cell_len(left.plain)))
    return padded.append_text(right)


def _ends(left: Text, right: Text, width: int) -> Text:
    room = width - cell_len(right.plain)
    kept = left.copy()
    if cell_len(kept.plain) > room - 1:
        kept.truncate(max(0, room - 1), overflow="ellipsis")
    kept.append(" " * max(0, room - cell_len(kept.plain)))
    return kept.append_text(right)


def _fit(text: str, width: int, style: str = "") -> Text:
    line = Text.assemble((text, style), no_wrap=True)
    line.truncate(width, overflow="ellipsis")
    return line


def _offset(line: Text, cells: int) -> int:
    """Return the character at which a number of cells is reached: Korean letters take two."""
    taken = 0
    for i, char in enumerate(line.plain):
        if taken >= cells:
            return i
        taken += cell_len(char)
    return len(line.plain)


def _clock(seconds: float) -> str:
    whole = int(min(max(0.0, seconds), LONGEST_SHOWN_S))
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _short(count: int) -> str:
    for limit, divisor, letter in ((10_000_000, 1_000_000, "M"), (10_000, 1000, "k")):
        if count >= limit:
            return f"{count // divisor}{letter}"
    return str(count)

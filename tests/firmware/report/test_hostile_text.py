"""Every text that a stranger may choose, on everything that is written: bounded, escaped, and soon done.

Bounds are of sizes and of what stands in them; nothing here looks at a clock.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest

from firmware.i18n.catalog import catalog_for
from firmware.i18n.escape import for_csv, for_html, graphemes, spell_missing, visible
from firmware.log import printable
from firmware.records.model import Inspection
from firmware.report.formatting import Wording
from firmware.report.line_breaking import TEXT_MOST
from firmware.report.tables import findings_csv
from firmware.verdict.model import Level
from tests.firmware.records.rooms import inspection, station
from tests.firmware.report.test_document import KEY, paper, text_of

LONG = 65_536
BOMBS = {
    "accents": "V380_" + "x\u0301\u0301" * (LONG // 3),
    "one tower": "e" + "\u0301" * LONG,
    "jamo": "\u1100" + "\u1161" * LONG,
    "emoji": "\U0001f468\u200d\U0001f469" * (LONG // 3),
    "directions": "\u202e\u2066" * (LONG // 2),
    "line feeds": "\r\n" * (LONG // 2),
    "escapes": "\x1b]0;x\x07\x1b[2J" * 5000,
    "formula": "=" * LONG,
    "markup": "<script>[red]" * 5000,
    "backslashes": "\\" * LONG,
    "nothing to see": "\u3164\u200b" * (LONG // 2),
}
OUTPUTS: dict[str, Callable[[str], str]] = {
    "html": for_html,
    "csv": for_csv,
    "screen and pdf": lambda text: spell_missing(visible(text)),
    "log": printable,
    "visible": visible,
}
SHOWN_MOST = 12_000  # characters that any one name takes anywhere; most are far below
DANGEROUS = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def blocks() -> list[str]:
    """Return every block of 256 code points that Unicode has characters in, as one text each."""
    texts = []
    for start in range(0, 0x110000, 0x100):
        text = "".join(chr(c) for c in range(start, start + 0x100) if not 0xD800 <= c < 0xE000)
        if any(unicodedata.category(c) != "Cn" for c in text):
            texts.append(text)
    return texts


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_block_of_unicode_is_bounded_and_escaped_on_every_output(name: str) -> None:
    for text in blocks():
        shown = OUTPUTS[name](text)
        assert not DANGEROUS.search(shown), ascii(text[:4])
        assert len(shown) <= SHOWN_MOST


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("bomb", BOMBS)
def test_a_name_of_64_kib_is_bounded_and_escaped_on_every_output(name: str, bomb: str) -> None:
    shown = OUTPUTS[name](BOMBS[bomb])
    assert not DANGEROUS.search(shown)
    assert len(shown) <= SHOWN_MOST


def hostile(text: str) -> Inspection:
    """Return a record in which every field that the air fills holds the text."""
    more = tuple(station(f"02:00:00:00:00:{n:02x}", 0.9, ssid=text, vendor=text) for n in range(3))
    return inspection(KEY, level=Level.NOTHING_FOUND, more=more)


@pytest.mark.parametrize("bomb", ["accents", "one tower", "jamo", "line feeds", "directions"])
def test_a_report_of_hostile_names_is_drawn_and_bounded(bomb: str) -> None:
    record = hostile(BOMBS[bomb])
    pdf = paper(record, "en")
    text = text_of(pdf)
    assert not DANGEROUS.search(text.replace("\n", ""))
    assert len(pdf) < 2_000_000
    assert len(findings_csv(record)) < 3 * 10 * SHOWN_MOST
    words = Wording(catalog_for("en"))
    for finding in record.findings:
        line = words.finding(finding)
        assert all(len(part) <= TEXT_MOST for part in (line.what, line.signal, line.signs))
        assert all(len(g) <= LONG // 100 for g in graphemes(line.what))

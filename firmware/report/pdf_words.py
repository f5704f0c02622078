"""Reads the words of a report back from its PDF, so that they can be compared with the record.

Only what `firmware.report.pdf_canvas` writes is understood: streams that are deflated, text as two-byte
glyphs with a ToUnicode map. Everything is bounded, for the file may be hostile.

References
----------
ISO 32000-1:2008, sections 7.3.8 (streams), 9.10.3 (ToUnicode CMaps).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator

from firmware.i18n.catalog import LANGUAGES, catalog_for
from firmware.records.model import Inspection, read_verdict
from firmware.report.formatting import Wording, hash_lines
from firmware.verdict.model import Level

STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
GLYPH = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]{4,16})>\r?\n")
SHOWN = re.compile(rb"\(((?:[^\\()]|\\.)*)\) Tj", re.DOTALL)
ESCAPED = re.compile(rb"\\([\\()nrtbf])")
ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
STREAM_MOST_BYTES = 4 << 20  # of one stream, unpacked: a page of text has some kB
STREAMS_MOST = 2000


def pdf_words(pdf: bytes) -> str:
    """Return the words of a report, one shown piece a line; empty where it is no PDF of ours.

    Parameters
    ----------
    pdf : bytes
        The file, perhaps hostile.
    """
    streams = list(_streams(pdf))
    cmap = next((s for s in streams if b"beginbfchar" in s or b"beginbfrange" in s), b"")
    letters = {int(a, 16): _letter(b) for a, b in GLYPH.findall(cmap)}
    lines = []
    for stream in streams:
        if b" Tf" not in stream:
            continue
        for shown in SHOWN.findall(stream):
            raw = ESCAPED.sub(lambda m: ESCAPES.get(m[1], m[1]), shown)
            codes = (int.from_bytes(raw[i : i + 2], "big") for i in range(0, len(raw) - 1, 2))
            lines.append("".join(letters.get(code, "") for code in codes))
    return "\n".join(lines)


def _letter(digits: bytes) -> str:
    return (
        bytes.fromhex(digits.decode("ascii")).decode("utf-16-be", "replace") if len(digits) % 4 == 0 else ""
    )


def _streams(pdf: bytes) -> Iterator[bytes]:
    for n, match in enumerate(STREAM.finditer(pdf)):
        if n >= STREAMS_MOST:
            return
        try:
            yield zlib.decompressobj().decompress(match[1], STREAM_MOST_BYTES)
        except zlib.error:
            yield match[1][:STREAM_MOST_BYTES]


def facts_missing_in(pdf: bytes, record: Inspection, *, entry_hash: str, lang: str) -> list[str]:
    """Return the facts of the record that its report lacks: empty where they agree.

    Parameters
    ----------
    pdf : bytes
        The report.
    record : Inspection
        What it should be drawn from.
    entry_hash : str
        The hash of the record's entry.
    lang : str
        The report's language.

    Notes
    -----
    Held against each other are id, entry, verdict, probability and times. That nothing untrue stands beside
    them is not shown: where it matters, the record is exported again by whoever trusts this program.
    """
    catalog = catalog_for(next((known for known in LANGUAGES if known == lang), LANGUAGES[0]))
    words, verdict = Wording(catalog), read_verdict(record)
    text = pdf_words(pdf)
    squeezed = re.sub(r"\s", "", text)
    begun = words.when(record.span.started_utc_ns, record.span.offset_s, record.span.zone)[1]
    numberless = record.kind == "site" or not verdict.number_fits
    facts = [begun] if numberless else [begun, words.probability(verdict.probability)]
    missing = [fact for fact in facts if re.sub(r"\s", "", fact) not in squeezed]
    own = words.key(f"level.{verdict.level}")
    others = [words.key(f"level.{level}") for level in Level if level is not verdict.level]
    lines = set(text.split("\n"))
    missing += [line for line in hash_lines(entry_hash) if line not in lines]
    if not any(line.startswith(f"{record.id} · ") for line in lines):
        missing.append(record.id)
    if own not in lines and lines & set(others):
        missing.append(own)
    return missing

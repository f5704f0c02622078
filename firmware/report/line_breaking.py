"""Breaks and cuts text by measured width: pure, linear in the text, and bounded whatever the text is.

Text from the air may hold towers of accents, one "word" of 64 KiB, or nothing but zero-width marks. So every
function here looks at each character once, never cuts inside a grapheme, and reads no more than
`TEXT_MOST` characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from firmware.i18n.escape import ELLIPSIS, graphemes

TEXT_MOST = 8000  # characters of one text that paper shows; the longest honest one, a note, has 4000
GRAPHEME_MOST = 16  # characters of one grapheme; Unicode's stream-safe format allows 30, honest names need 4
Measure = Callable[[str], float]


def bounded(text: str) -> str:
    """Return at most `TEXT_MOST` characters of a text, with an ellipsis where something was cut."""
    return text if len(text) <= TEXT_MOST else text[: TEXT_MOST - 1] + ELLIPSIS


def cut_to_width(text: str, width_mm: float, measure: Measure) -> str:
    """Return a text that is no wider than its place, the last grapheme an ellipsis where it was cut.

    Parameters
    ----------
    text : str
        One line.
    width_mm : float
        Width of the place, mm.
    measure : callable
        Returns the width of some characters, mm; of a string it is the sum over its characters.

    Returns
    -------
    str
        The text itself where it fits; empty where not even an ellipsis does.
    """
    ellipsis_mm = measure(ELLIPSIS)
    taken_mm, kept, kept_mm = 0.0, 0, 0.0
    parts = _clusters(bounded(text))
    for n, part in enumerate(parts):
        taken_mm += measure(part)
        if taken_mm > width_mm:
            return "".join(parts[:kept]) + ELLIPSIS if kept_mm + ellipsis_mm <= width_mm else ""
        if taken_mm + ellipsis_mm <= width_mm:
            kept, kept_mm = n + 1, taken_mm
    return "".join(parts)


def break_lines(text: str, width_mm: float, measure: Measure) -> list[str]:
    """Return a text broken into lines of a width: between words where possible, else between graphemes.

    Parameters
    ----------
    text : str
        A paragraph; line feeds in it are kept.
    width_mm : float
        Width of a line, mm.
    measure : callable
        As for `cut_to_width`.

    Returns
    -------
    list of str
        At least one line; none is wider than ``width_mm``.
    """
    return [line for raw in bounded(text).split("\n") for line in _filled(raw, width_mm, measure)]


def _filled(paragraph: str, width_mm: float, measure: Measure) -> Iterator[str]:
    space_mm = measure(" ")
    line: list[str] = []
    line_mm = 0.0
    for word in paragraph.split(" "):
        for piece, piece_mm, starts_word in _pieces(word, width_mm, measure):
            gap_mm = space_mm if line and starts_word else 0.0
            if line and line_mm + gap_mm + piece_mm > width_mm:
                yield "".join(line)
                line, line_mm, gap_mm = [], 0.0, 0.0
            line.append(f" {piece}" if gap_mm else piece)
            line_mm += gap_mm + piece_mm
    yield "".join(line)


def _pieces(word: str, width_mm: float, measure: Measure) -> Iterator[tuple[str, float, bool]]:
    """Yield a word, cut between graphemes where it is wider than a line, and whether a piece begins it."""
    piece: list[str] = []
    piece_mm, first = 0.0, True
    for cluster in _clusters(word):
        part = cluster if measure(cluster) <= width_mm else ELLIPSIS
        part_mm = measure(part)
        if piece and piece_mm + part_mm > width_mm:
            yield "".join(piece), piece_mm, first
            piece, piece_mm, first = [], 0.0, False
        piece.append(part)
        piece_mm += part_mm
    yield "".join(piece), piece_mm, first


def _clusters(text: str) -> list[str]:
    """Return the graphemes of a text, those with a tower of marks cut to their first characters."""
    return [part[:GRAPHEME_MOST] for part in graphemes(text)]

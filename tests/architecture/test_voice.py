"""The voice of docstrings and names, as far as a machine can keep it."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.architecture.test_rooms import ROOT, SOURCES

SENSE = re.compile(r"(?<![\w.])senses?(?!\w|\.\w)", re.IGNORECASE)
OTHER_SENSE = re.compile(r"\b(most|usual|no|good) sense\b")  # of a word or of a value: no sensor is meant
METAPHOR_WORDS = """
    sense senses walk walks walker walking clerk thin lane lanes gaze patience patient thumb lifeline
    feedline knowing durable zipfolder gallery gaindrop lelink walkview walkparts
"""
METAPHORS = frozenset(METAPHOR_WORDS.split())
# Where a word of the list is right, or is the name of something that is stored: file or folder → words.
ALLOWED: Mapping[str, str] = {
    # To walk a buffer is the field's word for going through it by its length fields.
    "hw/formats": "walk walker",
    "hw/pi/af_packet.py": "walk",
    "wifiscan/elements.py": "walk",
    # From hop to hop up to the edge of a signal.
    "sweeper/tv_raster.py": "walk",
    # A walk is a list of rooms in the scene files.
    "hw/sim/scene.py": "walk walks",
    "hw/sim/wifi_air.py": "walk",
    # Section of the settings, and field of the stored progress.
    "firmware/settings/settings.py": "walk",
    "firmware/cli/config.py": "walk",
    "firmware/inspection": "walk",
    # Keys of likelihoods.toml and learned.toml.
    "firmware/verdict": "sense senses",
    # Key of a stored record.
    "firmware/records": "senses",
    # Key of a stored record, and field of the catalogues' sentences.
    "firmware/report": "sense senses",
    "firmware/inspection/visit_records.py": "senses",
    "firmware/cli/verdict.py": "sense",
    # Combining marks that are drawn with thin strokes.
    "firmware/i18n/escape.py": "thin",
    # Local names of the simulated camera: the direction it looks along, and its sensor's answer.
    "hw/sim/optics.py": "gaze",
    "hw/sim/camera.py": "sense",
    # A variable whose type mypy compares with the protocol's.
    "sweeper/sweeper.py": "sense",
}


def docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of a module, its classes and its functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            said = ast.get_docstring(node)
            if said is not None:
                yield getattr(node, "name", "the module"), said


def faults_of(said: str) -> Iterator[str]:
    """Yield the rules of the voice that a docstring breaks."""
    first = said.partition("\n")[0]
    if SENSE.search(OTHER_SENSE.sub("", said)):
        yield "says sense for a sensor"
    if not first.endswith("."):
        yield "does not end its first line with a full stop"
    if re.match(r"(What|How|Who|Why)\b", first):
        yield f"begins with {first.split()[0]}"


def metaphors_in(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the identifiers that bear a word of the list, with the word."""
    with path.open("rb") as file:
        names = {t.string for t in tokenize.tokenize(file.readline) if t.type == tokenize.NAME}
    for name in sorted(names):
        parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)
        yield from ((name, part.lower()) for part in parts if part.lower() in METAPHORS)


def allowing(path: str, word: str) -> set[str]:
    """Return the entries of the list that allow a word in a file."""
    return {at for at, words in ALLOWED.items() if path.startswith(at) and word in words.split()}


def test_docstrings_are_plain_sentences_about_sensors() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {name} {fault}"
        for path in SOURCES
        for name, said in docstrings(path)
        for fault in faults_of(said)
    ]
    assert found == []


def test_no_metaphor_names_anything_and_no_exception_is_idle() -> None:
    used: set[str] = set()
    found = []
    for path in SOURCES:
        where = path.relative_to(ROOT).as_posix()
        for name, word in metaphors_in(path):
            allowed = allowing(where, word)
            used |= allowed
            if not allowed:
                found.append(f"{where}: {name}")
    assert found == []
    assert sorted(set(ALLOWED) - used) == []


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        ("Return the coverage of a sensor.", 0),
        ("Return the size that makes most sense.", 0),
        ("Draw the row of one sense.", 1),
        ("What one sensor says", 2),
        ("Is it on the air?", 1),
    ],
)
def test_what_the_voice_forbids(said: str, faults: int) -> None:
    assert len(list(faults_of(said))) == faults


def test_metaphors_are_found_in_any_spelling(tmp_path: Path) -> None:
    path = tmp_path / "part.py"
    path.write_text('class OpenWalk:\n    _clerk_at = thinned = "sense"\n', encoding="utf-8")
    assert list(metaphors_in(path)) == [("OpenWalk", "walk"), ("_clerk_at", "clerk")]

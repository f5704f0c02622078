"""A figure stands on a page between the markers of RESULTS.md, so that it is the one that was measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.results import QUOTE

ROOT = Path(__file__).parents[2]
# Pages on which no number with a unit stands but between markers: what they say was measured.
MEASURED = (
    "hw/FIGURES.md",
    "firmware/FIGURES.md",
    "lensdetect/FIGURES.md",
    "sweeper/FIGURES.md",
    "wifiscan/FIGURES.md",
    "firmware/diag/FIGURES.md",
    "firmware/inspection/FIGURES.md",
    "firmware/records/FIGURES.md",
)
# Pages on which limits and settings stand, too: there, a number is taken for a figure by the words beside it.
OTHERS = (
    "README.md",
    "hw/README.md",
    "hw/EXPLANATION.md",
    "firmware/README.md",
    "firmware/cli/README.md",
    "firmware/diag/README.md",
    "firmware/handheld/screen/README.md",
    "firmware/inspection/README.md",
    "firmware/inspection/EXPLANATION.md",
    "firmware/records/README.md",
    "firmware/records/EXPLANATION.md",
    "firmware/report/README.md",
    ".github/CONTRIBUTING.md",
    ".github/DATA_PATH.md",
)
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
UNITS = r"%|[µm]?s\b|min\b|seconds?\b|minutes?\b|[kMG]B|[kM]?bit/s|px\b|dBm?\b|nats?\b|times\b|×(?= )|ppm\b"
NUMBER = re.compile(rf"(?<![\w.,×/-])\d[\d.,]*(?:[–-]\d[\d.,]*)? ?(?:{UNITS}|of \d|in \d|a second)")
CLAIM = re.compile(r"\b(measured|took|takes|costs?|found|missed|passed|processor time)\b", re.IGNORECASE)


def unmarked(text: str, *, claims_only: bool) -> Iterator[str]:
    """Yield the numbers with a unit outside code and markers, or only those in sentences of claims."""
    plain = CODE.sub("`", QUOTE.sub("", text))
    for sentence in re.split(r"(?<=[.;|])\s|\n\n", plain):
        if not claims_only or CLAIM.search(sentence):
            yield from NUMBER.findall(sentence)


@pytest.mark.parametrize("page", MEASURED)
def test_every_figure_of_a_page_of_figures_is_quoted(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert list(unmarked(text, claims_only=False)) == []
    assert QUOTE.search(text)


@pytest.mark.parametrize("page", OTHERS)
def test_what_other_pages_claim_was_measured_is_quoted(page: str) -> None:
    assert list(unmarked((ROOT / page).read_text(encoding="utf-8"), claims_only=True)) == []


@pytest.mark.parametrize(
    ("text", "claims", "found"),
    [
        ("It took 2.1 s of a core.", True, ["2.1 s"]),
        ("A press of 0.8 s is long. It takes 25 MB.", True, ["25 MB"]),
        ("Cameras found: 5–10 % of 20", True, ["5–10 %"]),
        ("<!-- figure: a.b -->5 %<!-- /figure --> were found", True, []),
        ("`--every 2 s` costs less", True, []),
        ("The limit is 3 s.", True, []),
        ("The limit is 3 s, 16 of 20 rooms.", False, ["3 s", "16 of 2"]),
        ("a terminal of 80×24 at 2.4 GHz, Python 3.11", False, []),
    ],
)
def test_what_counts_as_a_figure(text: str, claims: bool, found: list[str]) -> None:
    assert list(unmarked(text, claims_only=claims)) == found

"""The page of measured figures, RESULTS.md: benchmarks write it, every other page quotes it.

    ANSIM_RECORD=1 python -m tests.benchmarks.rf_speed    a benchmark that also writes its figures here
    python -m tests.benchmarks.results                    writes the quoted figures of all pages anew

A page quotes a figure between two markers, ``<!-- figure: rooms.clean_check -->2.0 %<!-- /figure -->``. A
test compares what stands between them with this page.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = Path(__file__).parent / "RESULTS.md"
RECORD = "ANSIM_RECORD"
COLUMNS = ("figure", "value", "unit", "command", "seed", "date", "note")
NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)+")
QUOTE = re.compile(r"(<!-- figure: ([a-z0-9_.]+) -->)(.*?)(<!-- /figure -->)")
HEAD = """# Results

Every figure that a page of this repository quotes, as a benchmark measured it. Benchmarks write this page
(`ANSIM_RECORD=1 python -m tests.benchmarks.NAME`). Every figure is simulated, or measured on the development
machine, a shared 2-core virtual machine; nothing was measured on a Raspberry Pi or with real devices. *seed*:
`-` where a figure depends on none. A figure keeps the date on which it was measured.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    ``name`` is ``area.what``; ``value`` is the number as it is printed, ``unit`` what follows it on a page.
    """

    name: str
    value: str
    unit: str
    command: str
    seed: str
    day: str
    note: str = ""

    def text(self) -> str:
        """Return the figure as a page quotes it: the number and its unit."""
        return f"{self.value} {self.unit}".strip()

    def row(self) -> str:
        """Return the figure's line of RESULTS.md."""
        cells = (self.name, self.value, self.unit, f"`{self.command}`", self.seed, self.day, self.note)
        return "| " + " | ".join(cells) + " |"


def read(page: Path = PAGE) -> dict[str, Figure]:
    """Return the figures of a page by name; an absent page has none.

    Raises
    ------
    ValueError
        A table row without exactly the columns of `COLUMNS`, or a name that stands twice.
    """
    figures: dict[str, Figure] = {}
    for line in page.read_text(encoding="utf-8").splitlines() if page.exists() else ():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("| ") or cells[0] == COLUMNS[0]:
            continue
        if len(cells) != len(COLUMNS) or cells[0] in figures:
            raise ValueError(f"{page.name}: {line}")
        name, value, unit, command, seed, day, note = cells
        figures[name] = Figure(
            name=name, value=value, unit=unit, command=command.strip("`"), seed=seed, day=day, note=note
        )
    return figures


def render(figures: Iterable[Figure]) -> str:
    """Return RESULTS.md: a section an area, sections and figures in order of their names."""
    areas: dict[str, list[Figure]] = {}
    for figure in sorted(figures, key=lambda f: f.name):
        areas.setdefault(figure.name.partition(".")[0], []).append(figure)
    parts = [HEAD]
    for area, listed in areas.items():
        head = ["", f"## {area}", "", "| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
        parts.append("\n".join([*head, *(figure.row() for figure in listed)]) + "\n")
    return "".join(parts)


def record(
    name: str,
    value: str | float,
    unit: str,
    command: str,
    *,
    seed: str | int = "-",
    note: str = "",
    day: date | None = None,
    page: Path = PAGE,
    environ: Mapping[str, str] = os.environ,
) -> bool:
    """Write one figure into RESULTS.md, in the place of the one of the same name.

    Parameters
    ----------
    name
        ``area.what``, lower case.
    value
        The number as it is printed; a float is rounded to three significant digits.
    unit
        The unit, or a few words that follow the number on a page.
    command
        The command line that measures it again.
    seed
        Of the random numbers, where there are any.
    note
        Conditions that the command does not say.
    day
        When it was measured; today if not given.
    page
        The file to write.
    environ
        Where `RECORD` is looked for.

    Returns
    -------
    bool
        False without ``ANSIM_RECORD=1`` in the environment: then nothing is written, so that a trial run on a
        busy machine changes no page.

    Raises
    ------
    ValueError
        A name of another form, or a cell that would break the table.
    """
    if environ.get(RECORD) != "1":
        return False
    shown = f"{value:.3g}" if isinstance(value, float) else str(value)
    figure = Figure(
        name=name,
        value=shown,
        unit=unit,
        command=command,
        seed=str(seed),
        day=(day or date.today()).isoformat(),
        note=note,
    )
    if not NAME.fullmatch(name) or figure.row().count("|") != len(COLUMNS) + 1 or "\n" in figure.row():
        raise ValueError(f"not a row of {page.name}: {figure.row()}")
    figures = read(page) | {name: figure}
    page.write_text(render(figures.values()), encoding="utf-8")
    return True


def quoted(text: str) -> list[tuple[str, str]]:
    """Return the figures that a page quotes: their names and what stands between the markers."""
    return [(found[2], found[3]) for found in QUOTE.finditer(text)]


def requote(text: str, figures: Mapping[str, Figure]) -> str:
    """Return a page with the text between its markers as RESULTS.md has it."""

    def written(found: re.Match[str]) -> str:
        figure = figures.get(found[2])
        return found[0] if figure is None else f"{found[1]}{figure.text()}{found[4]}"

    return QUOTE.sub(written, text)


def pages() -> list[Path]:
    """Return every Markdown page of the repository but RESULTS.md."""
    found = [p for p in ROOT.rglob("*.md") if not any(part.startswith(".venv") for part in p.parts)]
    return sorted(p for p in found if p != PAGE and "out" not in p.relative_to(ROOT).parts)


def main() -> int:
    """Write the quoted figures of all pages anew and say which pages changed."""
    figures = read()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        anew = requote(text, figures)
        if anew != text:
            page.write_text(anew, encoding="utf-8")
            print(page.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The page of the way from device to pixel and PDF: what it names is there, and counted."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / ".github" / "DATA_PATH.md").read_text(encoding="utf-8")
STEP = re.compile(r"^\| `(\S+\.py):(\S+)` \| (?:`(\S+\.py):(\S+)` )?\|$", re.MULTILINE)
TOTAL = re.compile(r"^\| (a [^,|]+), to the screen and the PDF \| (\d+) \| (\d+) \| (\d+) \|$", re.MULTILINE)
SHARED = ("From the observation to the pixel", "From the snapshot to the PDF")
WAYS = {
    "a block of samples": "A block of samples",
    "a Wi-Fi frame": "A Wi-Fi frame",
    "a picture": "A picture",
}
Step = tuple[str, str, str, str]  # file and function; file and record, both empty where it makes none


def steps(section: str) -> list[Step]:
    """Return the rows of one section."""
    _, _, rest = PAGE.partition(f"\n## {section}\n")
    found = STEP.findall(rest.partition("\n## ")[0])
    assert found, section
    return found


def way(name: str) -> list[Step]:
    """Return all rows that one reading passes."""
    return [step for section in (WAYS[name], *SHARED) for step in steps(section)]


@cache
def tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text(encoding="utf-8"))


def find(file: str, name: str, kinds: tuple[type[ast.AST], ...]) -> ast.AST | None:
    """Return the definition of a dotted name in a file."""
    body, node = tree(file).body, None
    for part in name.split("."):
        wanted = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        node = next((n for n in body if isinstance(n, wanted) and n.name == part), None)
        if node is None:
            return None
        body = node.body
    return node if isinstance(node, kinds) else None


EVERY = sorted({step for name in WAYS for step in way(name)})


@pytest.mark.parametrize("step", EVERY, ids=lambda step: f"{step[0]}:{step[1]}")
def test_every_function_and_record_on_the_way_is_there(step: Step) -> None:
    file, function, record_file, record = step
    assert find(file, function, (ast.FunctionDef,)) is not None
    if record:
        assert find(record_file, record, (ast.ClassDef,)) is not None
        named = {n.id for n in ast.walk(tree(file)) if isinstance(n, ast.Name)}
        assert record in named, f"{file} never speaks of {record}"


@pytest.mark.parametrize("name", WAYS)
def test_the_page_counts_right(name: str) -> None:
    rows = way(name)
    files = {row[0] for row in rows}
    functions = {row[:2] for row in rows}
    records = {row[2:] for row in rows if row[3]}
    stated = {found[0]: tuple(map(int, found[1:])) for found in TOTAL.findall(PAGE)}
    assert stated[name] == (len(files), len(functions), len(records))


def test_no_row_of_the_page_is_passed_over() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert len(rows) == len(STEP.findall(PAGE))
    assert set(re.findall(r"^## (.+)$", PAGE, re.MULTILINE)) == {*WAYS.values(), *SHARED}

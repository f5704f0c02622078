"""Finds the functions that compute, and the numpydoc sections that their docstrings lack.

A function *computes* where it is public, stands at the top of a module, and takes or returns a float, a
complex number or an array: a quantity whose unit or shape its docstring has to name. Such a function needs a
``Parameters`` section if it takes anything, and a ``Returns`` (or ``Yields``) section if it returns anything.
Commands, drawing and words for people compute nothing: their rooms are left out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("hw", "sweeper", "wifiscan", "lensdetect", "firmware")
# cli parses and prints, screen and report draw, i18n writes numbers in words: no quantity leaves them.
LEFT_OUT = ("firmware/cli/", "firmware/handheld/screen/", "firmware/report/", "firmware/i18n/")
QUANTITY = re.compile(r"\b(float|complex|ndarray|NDArray|\w*Array|floating)\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """One computing function: the file it stands in, its name, and the sections its docstring lacks."""

    path: str
    name: str
    lacks: tuple[str, ...]


def computing(path: Path) -> Iterator[Computing]:
    """Yield the computing functions of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and _quantities(node):
            where = path.relative_to(ROOT).as_posix()
            yield Computing(path=where, name=node.name, lacks=tuple(_lacks(node)))


def every_computing() -> tuple[Computing, ...]:
    """Return the computing functions of all packages, by path and name."""
    files = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    kept = (path for path in files if not path.relative_to(ROOT).as_posix().startswith(LEFT_OUT))
    return tuple(sorted((c for path in kept for c in computing(path)), key=lambda c: (c.path, c.name)))


def _arguments(node: ast.FunctionDef) -> list[ast.arg]:
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return given + [a for a in (node.args.vararg, node.args.kwarg) if a is not None]


def _quantities(node: ast.FunctionDef) -> bool:
    annotations = [a.annotation for a in _arguments(node)] + [node.returns]
    return any(QUANTITY.search(ast.unparse(a)) for a in annotations if a is not None)


def _lacks(node: ast.FunctionDef) -> Iterator[str]:
    said = ast.get_docstring(node) or ""
    returns = node.returns is not None and ast.unparse(node.returns) not in {"None", "NoReturn"}
    for section, needed in (("Parameters", bool(_arguments(node))), ("Returns", returns)):
        words = "Returns|Yields" if section == "Returns" else section
        if needed and not re.search(rf"^(?:{words})\n-{{3,}}$", said, re.MULTILINE):
            yield section

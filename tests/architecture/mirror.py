"""Which module has a test file of its own name, and where the others are tested.

``sweeper/comb.py`` is tested by ``tests/sweeper/test_comb.py``. A module without such a file stands in
``mirror.toml`` with the test file that exercises it; modules of declarations stand in its first list.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).parent / "mirror.toml"
PACKAGES = ("hw", "sweeper", "wifiscan", "lensdetect", "firmware")


def modules() -> list[str]:
    """Return every module by its path; a package's ``__init__`` holds no logic and is left out."""
    paths = (p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if p.name != "__init__.py")
    return sorted(p.relative_to(ROOT).as_posix() for p in paths)


def own_test(module: str) -> Path:
    """Return where the test file of a module's own name stands."""
    path = Path(module)
    return ROOT / "tests" / path.parent / f"test_{path.name}"


def documented() -> Mapping[str, Any]:
    """Return the list: ``declarations``, and under ``tested_in`` a test file for each module."""
    return tomllib.loads(LIST.read_text(encoding="utf-8"))


def imports(path: Path, dotted: str) -> bool:
    """Say whether a file imports a module, whole or in part."""
    package, _, name = dotted.rpartition(".")
    text = path.read_text(encoding="utf-8")
    whole = rf"^\s*(?:from|import) {re.escape(dotted)}\b"
    part = rf"^\s*from {re.escape(package)} import (?:\([^)]*|[^\n]*)\b{name}\b"
    return bool(re.search(whole, text, re.MULTILINE) or re.search(part, text, re.MULTILINE))


def reaches(test: Path, module: str) -> bool:
    """Say whether a test file imports a module, or the module that its own name mirrors does."""
    dotted = module.removesuffix(".py").replace("/", ".")
    if imports(test, dotted):
        return True
    subject = ROOT / test.parent.relative_to(ROOT / "tests") / test.name.removeprefix("test_")
    return subject.is_file() and imports(subject, dotted)


def main() -> None:
    """Write the list anew, without the modules that are gone or have got a test file of their own."""
    there = set(modules())
    kept = []
    for line in LIST.read_text(encoding="utf-8").splitlines():
        named = re.match(r'\s*"([^"]+\.py)"', line)
        if named is None or (named[1] in there and not own_test(named[1]).is_file()):
            kept.append(line)
    LIST.write_text("\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""The layout of ``firmware/`` and the words of the whole tree: counted, so that neither grows back."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware"
FLOORS = ("firmware", "sweeper", "wifiscan", "lensdetect", "hw")
SOURCES = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py")]
PACKAGES_MOST, ARROWS_MOST, LOOSE_MOST, LADDERS_MOST = 16, 70, 4, 5
LOOSE = frozenset({"sensor", "errors", "log"})  # modules of the root: they belong to no package
OLD_FILES: Mapping[str, str] = {
    "firmware": """
        presses lane working live published follow feedline assemble knowing keeping durable zipfolder compose
        lookup baseline walker clerk filing lists progress resume walkview walkparts present frame tones
        showing shape nearness sheet front content eye air receiver measured attach board prepare failure
    """,
    "hw": "lifeline patience ring picture lelink lines files",
    "sweeper": "channels fields raster television gaindrop gallery",
    "wifiscan": "rows report reach behaviour lan_words track wording",
    "lensdetect": "gaze watch exposure difference polarity weigh",
}
OLD_CLASSES = "Told Heard Eye Lane Clerk Walker Published Presses Patience Lifeline Gallery Working"
TYPE_LADDER = re.compile(r"isinstance\(.*\b(Emission|Station|AccessPoint|BleDevice|Glint)\b")


def package_of(module: str) -> str | None:
    """Return the package of ``firmware`` that a module is in, None for the root's own modules."""
    parts = module.split(".")[1:]
    folders = [n for n in range(1, len(parts) + 1) if (FIRMWARE / Path(*parts[:n])).is_dir()]
    if not folders or parts[0] in LOOSE:
        return None
    return ".".join(parts[: folders[-1]])


def imported(tree: ast.AST) -> Iterator[str]:
    """Yield every module of ``firmware`` that a file imports, with names that are modules themselves."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.startswith("firmware."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("firmware"):
            yield from (f"{node.module}.{a.name}" for a in node.names)


def arrows() -> Mapping[tuple[str, str], list[str]]:
    """Return which package imports which, with the files that do."""
    found: dict[tuple[str, str], list[str]] = {}
    for path in FIRMWARE.rglob("*.py"):
        here = package_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for module in imported(ast.parse(path.read_text(encoding="utf-8"))):
            there = package_of(module)
            if here is not None and there is not None and here != there:
                found.setdefault((here, there), []).append(str(path.relative_to(ROOT)))
    return found


def circle_of(edges: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names along one circle of arrows, none where there is no circle."""
    needs: dict[str, set[str]] = {}
    for here, there in edges:
        needs.setdefault(here, set()).add(there)
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def module_arrows() -> Iterator[tuple[str, str]]:
    """Yield which module imports which, of all floors, wherever in the file the import stands."""
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    for here, path in names.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                yield from ((here, m) for m in {node.module, *whole(node)} if m in names)
            elif isinstance(node, ast.Import):
                yield from ((here, a.name) for a in node.names if a.name in names)


def whole(node: ast.ImportFrom) -> list[str]:
    """Return the names of an import as modules, of which some are."""
    return [f"{node.module}.{a.name}" for a in node.names]


def test_the_top_floor_has_few_packages_and_few_arrows_between_them() -> None:
    edges = arrows()
    packages = {name for edge in edges for name in edge}
    assert packages >= {"cli", "runtime", "verdict", "records", "handheld.screen"}
    assert len(packages) <= PACKAGES_MOST, sorted(packages)
    assert len(edges) <= ARROWS_MOST, sorted(edges)


def test_no_two_packages_need_each_other() -> None:
    assert circle_of(arrows()) == []


def test_no_two_modules_need_each_other() -> None:
    edges = list(module_arrows())
    assert ("firmware.cli.explain", "firmware.cli.run_options") in edges
    assert circle_of(edges) == []


def test_a_circle_is_found() -> None:
    assert circle_of([("a", "b"), ("b", "c"), ("a", "c")]) == []
    assert set(circle_of([("a", "b"), ("b", "c"), ("c", "b")])) == {"b", "c"}


def test_few_modules_lie_loose_in_the_root() -> None:
    loose = [p.name for p in FIRMWARE.glob("*.py")]
    assert len(loose) <= LOOSE_MOST, loose


def test_no_file_and_no_class_has_a_name_of_the_first_plan() -> None:
    old = {floor: names.split() for floor, names in OLD_FILES.items()}
    assert not [str(p) for p in SOURCES if p.stem in old[p.relative_to(ROOT).parts[0]]]
    assert not sorted(name for name, _ in classes() if name in OLD_CLASSES.split())


def classes() -> Iterator[tuple[str, Path]]:
    """Yield every class that a source file defines at its top level."""
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((node.name, path) for node in tree.body if isinstance(node, ast.ClassDef))


def test_no_class_name_means_two_things() -> None:
    counted = Counter(name for name, _ in classes() if not name.startswith("_"))
    assert not {name: n for name, n in counted.items() if n > 1}


def test_the_type_of_an_observation_is_asked_in_one_place() -> None:
    asked = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in SOURCES
        if path.name != "model.py"
        for line in path.read_text(encoding="utf-8").splitlines()
        if TYPE_LADDER.search(line)
    ]
    assert len(asked) <= LADDERS_MOST, asked


def test_only_devices_make_button_presses() -> None:
    forged = [
        p for p in SOURCES if p.parts[len(ROOT.parts)] != "hw" and "ButtonPress(" in p.read_text("utf-8")
    ]
    assert not forged

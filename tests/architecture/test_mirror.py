"""The tests mirror the tree: a reader of a module knows which file tests it."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.mirror import ROOT, documented, modules, own_test, reaches

MODULES = modules()
DECLARATIONS: list[str] = documented()["declarations"]
TESTED_IN: dict[str, str] = documented()["tested_in"]
LISTED = [*DECLARATIONS, *TESTED_IN]
LEAST_SHARE = 0.9


def test_nine_modules_in_ten_have_a_test_file_of_their_name_or_say_where_they_are_tested() -> None:
    found = [m for m in MODULES if own_test(m).is_file() or m in LISTED]
    missing = sorted(set(MODULES) - set(found))
    assert len(found) / len(MODULES) >= LEAST_SHARE, missing


@pytest.mark.parametrize("module", LISTED)
def test_a_listed_module_is_there_and_has_no_test_file_of_its_own(module: str) -> None:
    assert module in MODULES, f"take {module} off mirror.toml"
    assert not own_test(module).is_file(), f"take {module} off mirror.toml"


@pytest.mark.parametrize("module", DECLARATIONS)
def test_a_module_of_declarations_computes_nothing(module: str) -> None:
    """Its functions are those of its classes, a few lines each."""
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    functions = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    longest = max((len(node.body) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), default=0)
    assert functions == []
    assert longest <= 6


@pytest.mark.parametrize(("module", "test"), TESTED_IN.items())
def test_the_test_file_named_for_a_module_reaches_it(module: str, test: str) -> None:
    assert (ROOT / test).is_file()
    assert reaches(ROOT / test, module), f"{test} does not reach {module}"

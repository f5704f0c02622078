"""Every function that computes names its parameters and what it returns, with shape and unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.numpydoc import ROOT, computing, every_computing, listed

FOUND = every_computing()
LACKING = sorted({c.path for c in FOUND if c.lacks})


def test_a_file_that_lacks_sections_is_on_the_list() -> None:
    unlisted = [f"{c.path}: {c.name} lacks {', '.join(c.lacks)}" for c in FOUND if c.lacks]
    assert [line for line in unlisted if line.partition(":")[0] not in listed()] == []


@pytest.mark.parametrize("path", listed())
def test_a_file_on_the_list_still_lacks_some(path: str) -> None:
    assert path in LACKING, f"{path} is complete: take it off numpydoc_lacking.txt"


def test_the_list_is_sorted_and_names_files() -> None:
    assert list(listed()) == sorted(set(listed()))
    assert all((ROOT / path).is_file() for path in listed())


def test_functions_that_compute_are_found() -> None:
    names = {(c.path, c.name) for c in FOUND}
    assert ("hw/formats/iq.py", "clipped_share") in names


def test_what_counts_as_computing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.architecture.numpydoc.ROOT", tmp_path)
    path = tmp_path / "part.py"
    path.write_text(
        '''
def power_db(x: NDArray[np.float32]) -> float:
    """Return the power.

    Parameters
    ----------
    x
        Samples.
    """

def both(*, level_db: float) -> None:
    """Set it.

    Parameters
    ----------
    level_db
        Level.
    """

def name(of: str) -> str:
    """Return it."""

def _inner(x: float) -> float:
    return x
''',
        encoding="utf-8",
    )
    assert [(c.name, c.lacks) for c in computing(path)] == [("power_db", ("Returns",)), ("both", ())]

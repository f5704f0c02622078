"""Every function that computes names its parameters and what it returns, with shape and unit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.architecture.numpydoc import computing, every_computing

FOUND = every_computing()


def test_every_function_that_computes_has_its_sections() -> None:
    assert [f"{c.path}: {c.name} lacks {', '.join(c.lacks)}" for c in FOUND if c.lacks] == []


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

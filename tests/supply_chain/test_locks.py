"""The locked requirements fit the project: every need is pinned, within its range, with hashes alone."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from tests.supply_chain.licences import normal

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {"pi": ("pi", "report", "diag", "phone"), "ci": ("pi", "report", "diag", "phone", "dev")}
# one wheel a platform and Python at least: both architectures, glibc and sources
COMPILED = ("numpy", "scipy", "cryptography", "pillow", "opencv-python-headless", "pydantic-core", "psutil")


def locked(name: str) -> dict[str, list[tuple[Requirement, list[str]]]]:
    """Return the pins of one file by normal name: a package may be pinned once a platform."""
    text = (ROOT / ".ci" / "requirements" / f"{name}.txt").read_text().replace("\\\n", " ")
    pins: dict[str, list[tuple[Requirement, list[str]]]] = {}
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            written, *hashes = re.split(r"\s+--hash=", line.strip())
            requirement = Requirement(written)
            pins.setdefault(normal(requirement.name), []).append((requirement, hashes))
    return pins


@pytest.mark.parametrize("name", sorted(EXTRAS))
def test_every_line_is_one_version_with_hashes(name: str) -> None:
    pins = [pin for rows in locked(name).values() for pin in rows]
    assert len(pins) > 40
    for requirement, hashes in pins:
        (spec,) = requirement.specifier
        assert spec.operator == "=="
        assert requirement.url is None
        assert hashes
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for each in hashes)
        assert len(hashes) == len(set(hashes))


@pytest.mark.parametrize("name", sorted(EXTRAS))
def test_everything_that_the_project_needs_is_pinned_within_its_range(name: str) -> None:
    pins = locked(name)
    wanted = [
        *PROJECT["dependencies"],
        *(r for e in EXTRAS[name] for r in PROJECT["optional-dependencies"][e]),
    ]
    for text in wanted:
        need = Requirement(text)
        for requirement, _ in pins[normal(need.name)]:
            (spec,) = requirement.specifier
            assert need.specifier.contains(Version(spec.version), prereleases=True), text


def test_compiled_parts_have_files_for_more_than_one_machine() -> None:
    pins = locked("pi")
    for part in COMPILED:
        assert all(len(hashes) >= 4 for _, hashes in pins[part]), part


def test_both_files_pin_the_same_versions() -> None:
    pi, ci = locked("pi"), locked("ci")
    assert set(pi) <= set(ci)
    for name, rows in pi.items():
        assert {str(r.specifier) for r, _ in rows} == {str(r.specifier) for r, _ in ci[name]}

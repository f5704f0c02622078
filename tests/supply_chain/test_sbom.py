"""The parts list: complete against the metadata, well formed, the same bytes every time."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from tests.supply_chain.sbom import bill, closure, needs

ROOT = Path(__file__).parents[2]


def test_every_requirement_that_is_installed_is_listed_with_its_version() -> None:
    made = bill()
    listed = {c["name"]: c["version"] for c in made["components"]}
    for name in ("numpy", "scipy", "scapy", "cryptography", "typing-extensions", "fpdf2", "textual"):
        assert listed[name] == version(name)
    assert not {"pytest", "ruff", "mypy", "hypothesis"} & set(listed)
    assert made["metadata"]["component"]["name"] == "ansim"


def test_references_are_unique_and_every_dependency_is_there() -> None:
    made = bill()
    refs = [c["bom-ref"] for c in made["components"]] + [made["metadata"]["component"]["bom-ref"]]
    assert len(refs) == len(set(refs))
    assert {d["ref"] for d in made["dependencies"]} == set(refs)
    assert {r for d in made["dependencies"] for r in d["dependsOn"]} <= set(refs)
    assert all(c["purl"].startswith("pkg:pypi/") for c in made["components"])
    assert all("licenses" in c for c in made["components"])


def test_an_extra_brings_its_parts_and_their_parts() -> None:
    plain, more = closure("ansim", ()), closure("ansim", ("report",))
    assert "fpdf2" not in plain
    assert {"fpdf2", "fonttools"} <= set(more)
    assert "fonttools" in needs("fpdf2", ())


def test_two_runs_print_the_same_bytes() -> None:
    command = [sys.executable, "-m", "tests.supply_chain.sbom"]
    first, second = (
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout for _ in range(2)
    )
    assert first == second
    assert json.loads(first)["specVersion"] == "1.6"

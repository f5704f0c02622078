"""The licence check names what is not allowed; what is allowed is still as it was then."""

from __future__ import annotations

import tomllib

import pytest

from tests.supply_chain.licences import ALLOWED, Part, installed, is_permissive, spdx, troubles

RULES = tomllib.loads(ALLOWED.read_text())


def part(name: str, licence: str) -> Part:
    return Part(name=name, version="1", licence=licence)


def test_everything_installed_here_is_allowed() -> None:
    assert len(installed()) > 20
    assert troubles(installed(), RULES) == []


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "Proprietary", "", "GPL-2.0-only AND MIT"]
)
def test_a_part_that_nobody_allowed_is_named(licence: str) -> None:
    (said,) = troubles([part("stranger", licence)], RULES)
    assert said.startswith("stranger 1: ")


def test_a_part_that_changed_its_licence_is_named() -> None:
    assert troubles([part("scapy", "GPL-2.0-only")], RULES) == []
    assert troubles([part("scapy", "AGPL-3.0-only")], RULES)


@pytest.mark.parametrize(
    ("words", "permissive"),
    [
        ("MIT", True),
        ("BSD License", True),
        ("GPL-2.0-or-later OR Apache-2.0", True),
        ("(MIT OR GPL-2.0-only)", True),
        ("MIT AND GPL-2.0-only", False),
        ("Mozilla Public License 2.0 (MPL 2.0)", False),
    ],
)
def test_a_choice_counts_and_a_sum_does_not(words: str, permissive: bool) -> None:
    assert is_permissive(spdx(words, RULES["words"]), RULES["permissive"]) is permissive


def test_every_exception_has_its_reason_and_stands_on_the_page_of_licences() -> None:
    page = (ALLOWED.parents[2] / ".github" / "LICENCES.md").read_text().lower()
    for name, rule in RULES["copyleft"].items():
        assert len(rule["reason"]) > 20
        assert rule["part"] == "dev" or name in page

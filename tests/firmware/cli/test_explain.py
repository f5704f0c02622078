"""``ansim explain``: the number can be recomputed from what is printed, in both languages."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firmware.cli.app import app

SESSION = Path(__file__).parents[2] / "sessions" / "wifi-camera"


def explained(*words: str) -> str:
    done = CliRunner().invoke(app, ["explain", str(SESSION), *words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    return [json.loads(line) for line in explained("--json").splitlines()]


def test_the_number_can_be_recomputed_from_the_working(lines: list[dict]) -> None:
    verdict, working = lines
    assert [line["type"] for line in lines] == ["verdict", "working"]
    silence = {(s["sensor"], s["kind"]): s for s in working["silences"]}
    find = {}
    for f in working["finds"]:
        for kind in f["kinds"]:
            left = math.exp(f["said_nats"] - f["lost_nats"])
            find[f["sensor"], kind] = max(left, find.get((f["sensor"], kind), 0.0))
    total = 0.0
    for row in verdict["arithmetic"]:
        s = silence.get(("wifi", row["kind"]))
        quiet = 1.0 if s is None else _silence(s)
        total += row["weight"] * max(quiet, find.get(("wifi", row["kind"]), 0.0))
    assert math.log(total) == pytest.approx(verdict["log_lr"], abs=1e-6)
    odds = verdict["prior"] / (1 - verdict["prior"]) * total
    assert odds / (1 + odds) == pytest.approx(verdict["probability"], abs=1e-6)


def _silence(s: dict) -> float:
    return (1 - s["coverage"] * max(s["pd"], s["pfa"])) / (1 - s["coverage"] * s["pfa"])


def test_every_number_has_its_source(lines: list[dict]) -> None:
    working = lines[1]
    assert working["finds"]
    assert all(step["source"] for step in [*working["silences"], *working["finds"]])


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", ("What moved the number", "The mixture", "sum of the products", "30:7b:c9:42:1e:8a has sent")),
        ("ko", ("판단을 움직인 것", "혼합 계산", "곱의 합", "30:7b:c9:42:1e:8a")),
    ],
)
def test_it_is_said_in_both_languages(lang: str, words: tuple[str, ...]) -> None:
    said = explained("--lang", lang)
    for word in words:
        assert word in said
    assert "explain." not in said  # no key without its sentence


def test_a_folder_that_is_none_says_so() -> None:
    done = CliRunner().invoke(app, ["explain", "/nowhere/at/all"])
    assert done.exit_code != 0
    assert "/nowhere/at/all" in done.stderr

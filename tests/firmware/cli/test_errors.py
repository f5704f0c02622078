"""The table of exit codes, and what an expected error says."""

from __future__ import annotations

import pytest
import typer

from firmware.cli.errors import LEVEL_EXIT, Exit, exit_code_for, expected_errors
from firmware.errors import FirmwareError, Mistake, SettingsError
from firmware.verdict.model import Level
from hw.errors import BadKit, DeviceMissing, MissingComponent

WRONG = SettingsError([Mistake(key="rf.plan", origin="--set", why="is no plan")])


def test_every_level_has_its_exit_code() -> None:
    assert {level: int(LEVEL_EXIT[level]) for level in Level} == {
        Level.NOTHING_FOUND: 0,
        Level.CHECK: 10,
        Level.LIKELY_CAMERA: 10,
        Level.INCONCLUSIVE: 11,
    }
    assert len(LEVEL_EXIT) == len(Level)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (MissingComponent("no library", hint="install it"), 3),
        (BadKit("no such kit", hint="use sim:SCENE"), 2),
        (WRONG, 2),
        (DeviceMissing("no dongle", hint="plug it in"), 1),
        (FirmwareError("something else"), 1),
    ],
)
def test_an_expected_error_ends_with_its_code_and_says_what_to_do(
    error: Exception, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_for(error) == code
    with pytest.raises(typer.Exit) as ended, expected_errors():
        raise error
    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.exit_code == code
    assert said.startswith("ansim: ")
    assert getattr(error, "hint", "") in said


def test_ctrl_c_and_a_closed_pipe_end_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    for error, code in ((KeyboardInterrupt(), 130), (BrokenPipeError(), int(Exit.ERROR))):
        with pytest.raises(typer.Exit) as ended, expected_errors():
            raise error
        assert ended.value.exit_code == code
    assert capsys.readouterr().err == ""


def test_a_bug_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError), expected_errors():
        raise ZeroDivisionError

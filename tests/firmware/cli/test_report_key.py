"""The key is printed, sealed and unsealed; a scan without the PIN goes on and says that nothing is stored."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from firmware.cli.app import app as whole
from firmware.cli.errors import Exit
from firmware.cli.report import app
from firmware.records.custody.sealed_key import PIN_VARIABLE
from firmware.records.custody.unit_key import key_is_sealed


def run(folder: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["key", *words, "--records", str(folder), "--lang", "en"], input=typed)


def test_a_pin_is_asked_for_twice_and_never_shown(tmp_path: Path) -> None:
    public = run(tmp_path).stdout
    assert run(tmp_path, "--seal", typed="246810\n246811\n").exit_code != 0
    assert not key_is_sealed(tmp_path)
    done = run(tmp_path, "--seal", typed="246810\n246810\n")
    assert (done.exit_code, done.stdout.strip()) == (0, public.strip())
    assert "246810" not in done.output
    assert "nothing is signed" in done.stderr
    assert run(tmp_path).stdout == public
    assert run(tmp_path, "--unseal", typed="111111\n").exit_code == 1
    assert run(tmp_path, "--unseal", typed="246810\n").exit_code == 0
    assert not key_is_sealed(tmp_path)
    assert run(tmp_path, "--seal", "--unseal").exit_code == 2


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_a_scan_without_the_pin_goes_on_and_says_that_it_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    monkeypatch.setenv(PIN_VARIABLE, "246810")
    assert run(tmp_path, "--seal").exit_code == 0
    monkeypatch.delenv(PIN_VARIABLE)
    scan = ["scan", "ble", "--kit", "sim:empty-room", "--duration", "2", "--keep", "A/1/1", "--lang", lang]
    done = CliRunner().invoke(whole, scan, env={"ANSIM_RECORDS": str(tmp_path)})
    assert done.exit_code == Exit.ERROR  # nothing was found, and the record was not stored
    assert done.stdout  # the verdict is said all the same
    assert "sealed" in done.stderr
    monkeypatch.setenv(PIN_VARIABLE, "246810")
    done = CliRunner().invoke(whole, scan, env={"ANSIM_RECORDS": str(tmp_path)})
    assert done.exit_code == Exit.INCONCLUSIVE
    assert "ansim report show" in done.stderr

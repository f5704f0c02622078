"""The commands have the options that their code is handed."""

from __future__ import annotations

import inspect
from dataclasses import fields

import pytest

from firmware.cli.commands import explain, run
from firmware.cli.run_options import ExplainOptions, RunOptions


@pytest.mark.parametrize(("command", "options"), [(run, RunOptions), (explain, ExplainOptions)])
def test_every_option_can_be_given_and_has_the_default_of_its_field(command: object, options: type) -> None:
    given = inspect.signature(command).parameters  # type: ignore[arg-type]
    assert {f.name: f.default for f in fields(options)}.items() <= {
        name: p.default for name, p in given.items()
    }.items()

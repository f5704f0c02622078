"""``ansim report key``: prints the unit's public key, and seals the secret one with a PIN."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from firmware.cli.errors import expected_errors
from firmware.cli.options import LangOption
from firmware.cli.report_options import RecordsOption, catalog_of, records_folder
from firmware.i18n.catalog import Catalog
from firmware.records.custody.errors import clear_errors
from firmware.records.custody.sealed_key import PIN_VARIABLE
from firmware.records.custody.unit_key import (
    KEY_FILE,
    fingerprint,
    load_or_make_unit_key,
    load_public_key,
    public_pem,
    seal_unit_key,
    unseal_unit_key,
)
from firmware.records.database import DATABASE_FILE


def key_command(
    seal: Annotated[
        bool, typer.Option("--seal", help="Seal the secret key with a PIN: nothing is signed without it.")
    ] = False,
    unseal: Annotated[bool, typer.Option("--unseal", help="Take the seal off for good.")] = False,
    records: RecordsOption = None,
    lang: LangOption = None,
) -> None:
    """Print the unit's public key, by which its records are recognised; seal the secret one with a PIN.

    The PIN is asked for, or taken from ANSIM_KEY_PIN. Nobody can bring back a PIN that was forgotten.
    """
    catalog, folder = catalog_of(lang), records_folder(records)
    if seal and unseal:
        raise typer.BadParameter(str(catalog.text("key.one")), param_hint="--seal, --unseal")
    with expected_errors():
        with clear_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
        # Beside records that were signed already, a new key would pass for the one that signed them.
        if not (folder / DATABASE_FILE).exists() and not (folder / KEY_FILE).exists():
            load_or_make_unit_key(folder)
        public = load_public_key(folder)
        if seal:
            seal_unit_key(folder, _pin(catalog, twice=True))
            typer.echo(catalog.text("key.sealed"), err=True)
        elif unseal:
            unseal_unit_key(folder, _pin(catalog, twice=False))
            typer.echo(catalog.text("key.unsealed"), err=True)
        typer.echo(public_pem(public).decode("ascii"), nl=False)
        typer.echo(catalog.text("records.key", fingerprint=fingerprint(public)), err=True)


def _pin(catalog: Catalog, *, twice: bool) -> str:
    """Return the PIN of the environment, or ask for it without showing it."""
    said = os.environ.get(PIN_VARIABLE, "")
    if said:
        return said
    asked: str = typer.prompt(
        str(catalog.text("key.pin")), hide_input=True, confirmation_prompt=twice, err=True
    )
    return asked

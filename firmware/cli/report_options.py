"""Options that the commands about stored records share: their folder, and the language of their sentences."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path

from firmware.cli.options import default_language, language
from firmware.i18n.catalog import Catalog, catalog_for

RecordsOption = Annotated[
    Path | None, typer.Option("--records", help="Folder of the records.", envvar="ANSIM_RECORDS")
]


def records_folder(chosen: Path | None) -> Path:
    """Return the folder of the records: the one chosen, or the user's."""
    return chosen if chosen is not None else user_data_path("ansim") / "records"


def catalog_of(lang: str | None) -> Catalog:
    """Return the sentences of the language asked for, or of the system."""
    return catalog_for(language(lang) if lang else default_language(os.environ.get("LANG", "")))

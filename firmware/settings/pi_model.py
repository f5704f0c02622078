"""The settings that a Raspberry Pi gets by its model: what it keeps up with (`pi_models.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

MODEL = Path("/proc/device-tree/model")
TABLE = "pi_models.toml"
NAME_MOST = 80  # characters of a model


def board_name(path: Path = MODEL) -> str:
    """Return the model of this board, empty where it is no Raspberry Pi.

    Parameters
    ----------
    path : Path
        File of the device tree that names it.

    Returns
    -------
    str
        For example ``Raspberry Pi 4 Model B Rev 1.5``.
    """
    try:
        with path.open("rb") as file:
            name = file.read(NAME_MOST).decode("ascii", "replace").rstrip("\0").strip()
    except OSError:
        return ""
    return name if name.startswith("Raspberry Pi") and name.isprintable() else ""


def board_settings(name: str) -> Mapping[str, Any]:
    """Return the settings of a model, as `default.toml` has them; empty for one that is not in the table.

    Parameters
    ----------
    name : str
        As `board_name` returns it.

    Returns
    -------
    mapping
        Nested as in a file of settings.
    """
    table = tomllib.loads((files("firmware.settings") / TABLE).read_text(encoding="utf-8"))
    found = (row for row in table["board"] if name.startswith(row["model"]))
    return {key: value for key, value in next(found, {}).items() if key != "model"}

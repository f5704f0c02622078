"""`ansim scan lens ring.png off.png`: two or three still pictures instead of a camera and its lights."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from firmware.errors import FirmwareError

STATES = ("ring", "off", "side")  # in this order, unless the files say otherwise by their names

PicturesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[RING OFF [SIDE]]",
        show_default=False,
        help="Two or three still pictures instead of a camera: weaker evidence, never a lens by themselves.",
    ),
]


def lights_of(pictures: Sequence[Path]) -> dict[str, Path]:
    """Return which picture was taken in which light: by their names, else by their order.

    Raises
    ------
    FirmwareError
        Not two or three pictures, or one that is not there.
    """
    if not 2 <= len(pictures) <= len(STATES):
        raise FirmwareError(
            f"{len(pictures)} still pictures cannot be compared", hint="Give RING OFF, or RING OFF SIDE."
        )
    for picture in pictures:
        if not picture.is_file():
            raise FirmwareError(f"There is no picture {picture}", hint="Check the path.")
    named = {picture.stem.casefold(): picture for picture in pictures}
    if len(named) == len(pictures) and set(named) <= set(STATES) and "ring" in named:
        return named
    return dict(zip(STATES, pictures, strict=False))


@contextmanager
def still_kit(pictures: Sequence[Path]) -> Iterator[str]:
    """Give the pictures as a recording whose names are its lights."""
    lights = lights_of(pictures)
    with TemporaryDirectory(prefix="ansim-stills-") as folder:
        for state, picture in lights.items():
            shutil.copyfile(picture, Path(folder) / f"{state}{picture.suffix.lower()}")
        yield f"replay:{folder}"

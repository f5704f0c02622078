"""`ansim scan lens ring.png off.png`: still pictures or a video instead of a camera and its lights."""

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
FEWEST = 2

PicturesArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[RING OFF [SIDE]]",
        show_default=False,
        help="Two or three still pictures, or one video, instead of a camera: weaker evidence, never a lens"
        " by themselves.",
    ),
]


def lights_of(pictures: Sequence[Path]) -> dict[str, Path]:
    """Return the light of each picture: by their names, else by their order.

    Raises
    ------
    FirmwareError
        Not two or three pictures, or one that is not there.
    """
    if not FEWEST <= len(pictures) <= len(STATES):
        raise FirmwareError(
            f"{len(pictures)} still pictures cannot be compared",
            hint="Give RING OFF, or RING OFF SIDE; more pictures as a folder: --kit replay:FOLDER.",
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
    """Give the pictures as a recording whose names are its lights; a folder or a video is one already.

    Raises
    ------
    FirmwareError
        As `lights_of`.
    MissingComponent
        A picture is HEIC, and nothing here can read that.
    """
    from hw.replay.pictures import HEIF_SUFFIXES, require_heif
    from hw.replay.session import VIDEO_SUFFIXES

    only = pictures[0]
    if len(pictures) == 1 and (only.is_dir() or only.suffix.casefold() in VIDEO_SUFFIXES):
        yield f"replay:{only}"
        return
    lights = lights_of(pictures)
    for picture in pictures:
        if picture.suffix.casefold() in HEIF_SUFFIXES:
            require_heif(picture.name)
    with TemporaryDirectory(prefix="ansim-stills-") as folder:
        for state, picture in lights.items():
            shutil.copyfile(picture, Path(folder) / f"{state}{picture.suffix.lower()}")
        yield f"replay:{folder}"

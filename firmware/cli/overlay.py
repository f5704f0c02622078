"""`ansim scan lens --overlay`: draws the lens sensor's view into a film or a folder of pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from firmware.errors import FirmwareError
from firmware.i18n.catalog import Catalog, catalog_for
from firmware.runtime.sensor_snapshot import PUBLISH_NS
from firmware.sensor import Sensor
from firmware.verdict.engine import Snapshot
from hw.types import SensorName
from lensdetect.finder import LensFinder
from lensdetect.model import LensView
from lensdetect.overlay import draw

FILM_SUFFIXES = frozenset({".mp4", ".mkv", ".avi"})
RATE_HZ = 1e9 / PUBLISH_NS
PICTURES_MOST = 20_000  # an hour and more; then the overlay ends, the scan goes on


class Overlay:
    """Writes each new picture once. Bounded: at most ``PICTURES_MOST`` of them."""

    def __init__(self, target: Path, *, catalog: Catalog | None = None) -> None:
        self._target, self._catalog = target, catalog or catalog_for("ko")
        self._film: cv2.VideoWriter | None = None
        self._last_seq = -1
        self.written = 0
        if target.suffix.lower() not in FILM_SUFFIXES:
            target.mkdir(parents=True, exist_ok=True)
        elif not target.parent.is_dir():
            raise FirmwareError(f"There is no folder {target.parent}", hint="Make it, or choose another.")

    def watch(self, snapshot: Snapshot) -> bool:
        """Draw the view that the sensor published last; never ends the scan."""
        self._show(snapshot.views.lens)
        return False

    def finish(self, sensors: Mapping[SensorName, Sensor], _last: Snapshot) -> None:
        """Draw the sensor's last view, which a short recording ends too soon to publish."""
        lens = sensors.get("lens")
        self._show(lens.view() if isinstance(lens, LensFinder) else None)

    def tell(self, console: Console) -> None:
        """Print the number of pictures drawn, or the reason for none."""
        key = "cli.overlay.drawn" if self.written else "cli.overlay.nothing"
        console.print(Text(self._catalog.text(key, count=self.written, path=str(self._target))))

    def _show(self, view: LensView | None) -> None:
        if view is not None and view.frame is not None and view.frame.seq != self._last_seq:
            self._last_seq = view.frame.seq
            if self.written < PICTURES_MOST:
                self._write(_drawn(view, view.frame.pixels), view.frame.seq)

    def _write(self, picture: NDArray[np.uint8], seq: int) -> None:
        self.written += 1
        bgr = np.ascontiguousarray(picture[:, :, ::-1])
        if self._target.suffix.lower() not in FILM_SUFFIXES:
            cv2.imwrite(str(self._target / f"{seq:06d}.png"), bgr)
            return
        if self._film is None:
            height, width = picture.shape[:2]
            codec = cv2.VideoWriter.fourcc(*"mp4v")
            self._film = cv2.VideoWriter(str(self._target), codec, RATE_HZ, (width, height))
        self._film.write(bgr)

    def close(self) -> None:
        """Finish the film; may be called twice."""
        if self._film is not None:
            self._film.release()
            self._film = None


def _drawn(view: LensView, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    # OpenCV's built-in font has no Korean, so the overlay speaks English; the screen speaks both.
    catalog = catalog_for("en")
    reasons = {number: catalog.text(f"glint_why.{word}") for number, word in view.reasons.items()}
    guidance = catalog.text(f"guide.{view.guidance}")
    return draw(
        pixels,
        view.glints,
        reasons=reasons,
        coverage_map=view.coverage_map,
        guidance=guidance,
        distance_m=view.distance_m,
    )

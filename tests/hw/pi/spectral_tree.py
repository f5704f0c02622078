"""A stand-in for the files of an Atheros driver below a root folder: control, settings, relay files."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.hw.formats import spectral_writer as write


class SpectralTree:
    """What the kernel would show; `feed` relays records, `unplug` takes everything away."""

    def __init__(self, root: Path, *, driver: str = "ath9k", relays: int = 2) -> None:
        self.root, self.driver, self.relays = root, driver, relays
        self.folder = root / "sys/kernel/debug/ieee80211/phy0" / driver
        self.plug()

    def plug(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("spectral_scan_ctl", "spectral_count", "spectral_period", "spectral_fft_period"):
            (self.folder / name).write_text("")
        for number in range(self.relays):
            (self.folder / f"spectral_scan{number}").write_bytes(b"")

    def feed(self, data: bytes, *, relay: int = 0) -> None:
        with (self.folder / f"spectral_scan{relay}").open("ab") as file:
            file.write(data)

    def unplug(self) -> None:
        shutil.rmtree(self.folder.parent)

    def told(self, name: str) -> str:
        return (self.folder / name).read_text()


def records(count: int = 10, *, tsf_us: int = 0, mhz: int = 2412) -> bytes:
    magnitudes = np.full(56, 5.0)
    magnitudes[35] = 900
    return b"".join(write.ht20(magnitudes, mhz=mhz, tsf_us=tsf_us + 1500 * i) for i in range(count))

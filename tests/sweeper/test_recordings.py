"""Real recordings, kept outside the project: none is a camera, each is named for what it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sweeper.model import Emission
from tests.sweeper.test_sweeper import play

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "iq"


def emissions(name: str) -> list[Emission]:
    data = FOLDER / f"{name}.sigmf-data"
    if not data.is_file():
        pytest.skip(f"{data.name} is kept outside the project and is not here")
    meta = json.loads(data.with_suffix(".sigmf-meta").read_text())
    if meta["global"]["core:datatype"] == "cu8":
        values = (np.fromfile(data, np.uint8).astype(np.float32) - 127.5) / 127.5
    else:
        values = np.fromfile(data, "<f4")
    center_hz = float(meta["captures"][0].get("core:frequency", 0.0))
    rate_hz = float(meta["global"]["core:sample_rate"])
    samples = np.asarray(values, np.float32).view(np.complex64)
    return list(play([(center_hz, samples)], rate_hz=rate_hz).observations())


@pytest.mark.shared
@pytest.mark.parametrize(
    "name",
    [
        "dump1090_modes1_1090M_2000k",
        "jiao_lte20MHz_hackrf_slice_off+3.0M",
        "rtlwmbus_rtlsdr_868.950M_1M6_samples2",
        "srsran_lte_1M92_cf32",
    ],
)
def test_no_real_recording_is_a_camera(name: str) -> None:
    found = emissions(name)
    assert all(not e.kind.startswith("analog-video") for e in found)
    assert all(e.scores["camera"] < 0.3 for e in found)


@pytest.mark.shared
def test_meter_bursts_are_near_their_channel() -> None:
    found = emissions("rtlwmbus_rtlsdr_868.950M_1M6_samples2")
    strongest = max(found, key=lambda e: e.snr_db)
    assert strongest.center_hz == pytest.approx(868.95e6, abs=100e3)
    assert strongest.service == "ISM 868 MHz"
    assert strongest.measures["duty"] < 0.6


@pytest.mark.shared
def test_transponders_and_phones_are_named() -> None:
    assert {e.service for e in emissions("dump1090_modes1_1090M_2000k")} == {"ADS-B / Mode S"}
    kinds = {e.kind for e in emissions("jiao_lte20MHz_hackrf_slice_off+3.0M")}
    assert kinds <= {"known-service", "unknown", "wideband-local"}

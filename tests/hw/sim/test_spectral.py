"""The simulated spectra: the kernel's records, a line where a sender is, and none where the unit has none."""

from __future__ import annotations

import numpy as np
import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceLost, DeviceMissing
from hw.formats.spectral_scan import SpectralReader
from hw.protocols import SpectralRadio
from hw.sim.high_air import CHANNELS_HZ, HOP_NS
from hw.sim.spectral import STEP_NS, SimSpectral, open_spectral


def opened(clock: ManualClock, target: str = "analog-2g4-camera") -> SimSpectral:
    return open_spectral(target=target, config=HwConfig(), clock=clock)


def test_the_sender_stands_as_a_line_on_its_channels_and_its_record_is_the_sample() -> None:
    clock = ManualClock()
    radio = opened(clock)
    assert isinstance(radio, SpectralRadio)
    batch = radio.read_spectra(duration_s=HOP_NS * 1e-9 * len(CHANNELS_HZ))
    assert len(batch.samples) == pytest.approx(HOP_NS * len(CHANNELS_HZ) / STEP_NS, abs=2)
    on = [s for s in batch.samples if abs(s.center_hz - 2432e6) < 1]
    places = [s.low_hz + (float(np.argmax(s.bins_dbm)) + 0.5) * s.step_hz for s in on]
    assert np.median(places) == pytest.approx(2432e6, abs=1e6)
    assert min(s.rssi_db for s in on) > 35
    far = [s.rssi_db for s in batch.samples if s.center_hz == 5180e6]
    assert max(far) < 10
    (again,) = SpectralReader(base_ns=on[0].t_ns).feed(on[0].record)
    np.testing.assert_array_equal(again.bins_dbm, on[0].bins_dbm)


def test_the_same_seed_is_the_same_air_and_reads_follow_each_other_without_a_gap() -> None:
    one, other = opened(ManualClock()), opened(ManualClock())
    first = [s.record for s in one.read_spectra(duration_s=0.2).samples]
    parts = [s.record for _ in range(4) for s in other.read_spectra(duration_s=0.05).samples]
    assert first == parts


def test_a_unit_without_such_an_adapter_has_none_and_a_pulled_one_is_lost() -> None:
    with pytest.raises(DeviceMissing):
        opened(ManualClock(), "analog-2g4-camera?also=")
    with pytest.raises(DeviceMissing):
        opened(ManualClock(), "empty-room")
    clock = ManualClock()
    radio = opened(clock, "empty-room?also=spectral&unplug=wifi@1")
    clock.sleep_until(2_000_000_000)
    with pytest.raises(DeviceLost):
        radio.read_spectra(duration_s=0.1)
    assert radio.health().ok
    assert radio.channels_hz() == ()

"""Pulses are told from what stays on."""

from __future__ import annotations

import numpy as np
import pytest

from sweeper.pulses import PULSED_FROM, RARE_FROM, peakedness
from tests.sweeper.air import heard


@pytest.mark.parametrize(("name", "snr_db"), [("dme", 0.0), ("adsb", 0.0), ("dme", 10.0)])
def test_pulses_are_peaked(name: str, snr_db: float) -> None:
    assert peakedness(heard(name, snr_db=snr_db)) > PULSED_FROM


@pytest.mark.parametrize("name", [None, "fm", "cofdm", "gsm", "pal-fm"])
def test_what_stays_on_is_not(name: str | None) -> None:
    assert peakedness(heard(name, snr_db=0.0)) < RARE_FROM


def test_the_known_values() -> None:
    turns = np.exp(2j * np.pi * 0.1 * np.arange(1000)).astype(np.complex64)
    assert peakedness(turns) == pytest.approx(1.0, abs=1e-5)
    assert peakedness(np.zeros(0, np.complex64)) == 0.0
    assert peakedness(np.zeros(9, np.complex64)) == 0.0

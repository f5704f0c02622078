"""The plot of a spectral scan: one column a band, everything drawn where it was heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from firmware.errors import FirmwareError
from firmware.report.spectral_plot import save_spectral_plot
from tests.sweeper.spectra import video, visits
from tests.sweeper.test_spectral_sensor import carriers, play


def test_a_camera_is_marked_red_only_as_a_finding(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    sensor = play(visits(video(), channels_hz=[2412e6, 2417e6, 5745e6]))
    (found,) = carriers(sensor)
    reds = []
    for name, findings in (("alert", [found.subject]), ("calm", [])):
        path = tmp_path / f"{name}.png"
        save_spectral_plot(
            path, sensor.spectrum_view(), sensor.waterfall_view(), sensor.observations(), findings=findings
        )
        pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
        reds.append(int(np.sum((pixels[..., 0] > 150) & (pixels[..., 1] < 80) & (pixels[..., 2] < 80))))
        assert pixels.shape[1] > 1000
    assert reds[0] > 100
    assert reds[1] == 0


def test_nothing_heard_is_said_and_not_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    sensor = play([])
    with pytest.raises(FirmwareError, match="nothing to plot"):
        save_spectral_plot(
            tmp_path / "x.png", sensor.spectrum_view(), sensor.waterfall_view(), (), findings=()
        )


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    sensor = play(visits(video()))
    with pytest.raises(FirmwareError, match="cannot be written"):
        save_spectral_plot(
            tmp_path / "no" / "x.png", sensor.spectrum_view(), sensor.waterfall_view(), (), findings=()
        )

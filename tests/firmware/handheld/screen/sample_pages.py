"""One filled state for every page, as it looks in a room with a camera."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from firmware.handheld.screen.state import ScreenState
from firmware.handheld.screen.views import (
    CandidateMark,
    DeviceRow,
    FindingView,
    HealthRow,
    HomingView,
    LensPageView,
    Page,
    PictureView,
    SpectrumLine,
    SpectrumPageView,
)
from firmware.i18n.catalog import Language, Sentence, plain
from firmware.verdict.model import Level
from tests.firmware.handheld.screen.inspection_pages import (
    STAGES,
    empty_inspection,
    filled_inspection,
    overfull_inspection,
)
from tests.firmware.handheld.screen.sample_states import LONG_NAME, ordinary


def line(mhz: float, width_mhz: float, snr_db: float, label: str, **flags: bool) -> SpectrumLine:
    return SpectrumLine(
        center_hz=mhz * 1e6, bandwidth_hz=width_mhz * 1e6, snr_db=snr_db, label=Sentence(key=label), **flags
    )


def device(name: str, score: float, rssi_dbm: float, detail: str, **flags: bool) -> DeviceRow:
    sensor = "ble" if "BLE" in name else "wifi"
    return DeviceRow(sensor=sensor, name=name, score=score, rssi_dbm=rssi_dbm, detail=plain(detail), **flags)


SPECTRUM = SpectrumPageView(
    at_hz=1.31e9,
    lines=(
        line(1258.0, 8.0, 27.0, "line.analog-video-ntsc", alert=True),
        line(98.1, 0.2, 35.0, "line.unknown"),
        line(101.9, 0.2, 38.0, "line.self-noise", known=True),
        line(879.0, 10.0, 22.0, "line.cellular-uplink"),
        line(593.0, 6.0, 18.0, "line.cofdm", known=True),
    ),
)
DEVICES = (
    device("iptime_5G", 0.01, -48.0, "aa:bb:cc:00:11:22, 5,180 MHz"),
    device("CAM-4F21", 0.88, -55.0, "1.2 Mbit/s", alert=True),
    device("BLE Galaxy Buds", 0.004, -70.0, "c4:11:22:33:44:55"),
    *(device(f"KT_GiGA_{n:04X}", 0.01, -60.0 - 4 * n, f"00:11:22:33:44:{n:02x}") for n in range(8)),
)
FINDINGS = (
    FindingView(
        sensor="wifi",
        subject="CAM-4F21",
        reason=plain("Sends 1.2 Mbit/s evenly, 15 pictures a second"),
        log_lr=4.1,
    ),
    FindingView(sensor="lens", subject="#3", reason=plain("12"), log_lr=5.9, confirmed=True),
)
HEALTH = (
    HealthRow(sensor="rf", read=871, dropped=2),
    HealthRow(sensor="wifi", read=48211, dropped=312),
    HealthRow(sensor="ble", read=140),
    HealthRow(sensor="lens", hint="hint.unplugged"),
)


def wall() -> np.ndarray:
    """Return a grey tiled wall with a bright spot, drawn by arithmetic."""
    y, x = np.mgrid[0:90, 0:160]
    grey = 60 + 20 * ((x // 20 + y // 15) % 2) + (x * 40) // 160
    grey[(x - 104) ** 2 + (y - 40) ** 2 <= 4] = 255
    grey[(x - 40) ** 2 + (y - 66) ** 2 <= 9] = 230
    return grey.astype(np.uint8)


def cells() -> np.ndarray:
    """Return a coverage map whose right side nobody has looked at."""
    y, x = np.mgrid[0:16, 0:12]
    return np.where(x < 7, 3, np.where(x < 9, (y % 3), 0)).astype(np.uint8)


LENS = LensPageView(
    picture=wall(),
    marks=(
        CandidateMark(x=0.65, y=0.445, label="lens", score=0.93),
        CandidateMark(x=0.25, y=0.73, label="reflector", score=0.05),
    ),
    cells=cells(),
)
HOMING = HomingView(
    name="CAM-4F21",
    level=-52.0,
    best=-47.0,
    trend="warmer",
    history=tuple(-85.0 + 0.4 * n + 3 * (n % 5) for n in range(70)),
)


def filled(page: Page, lang: Language) -> ScreenState:
    """Return a page with something on it."""
    state = replace(
        ordinary(Level.LIKELY_CAMERA, lang),
        page=page,
        selected=0,
        focused=True,
        spectrum=SPECTRUM,
        devices=DEVICES,
        lens=LENS,
        findings=FINDINGS,
        homing=HOMING,
        picture=PictureView(picture=wall(), center_hz=1.258e9),
        health=HEALTH,
    )
    return filled_inspection(page, state) if page in STAGES else state


def empty(page: Page, lang: Language) -> ScreenState:
    """Return a page with nothing on it yet."""
    state = replace(ordinary(Level.INCONCLUSIVE, lang), page=page)
    return empty_inspection(page, state) if page in STAGES else state


def overfull(page: Page, lang: Language) -> ScreenState:
    """Return a page whose every name is hostile and whose every list is too long."""
    name = Sentence(key="screen.verbatim", params={"text": LONG_NAME * 2})
    rows = tuple(
        DeviceRow(sensor="wifi", name=LONG_NAME, detail=name, score=1.0, rssi_dbm=0.0, alert=True)
        for _ in range(200)
    )
    lines = tuple(
        SpectrumLine(center_hz=n * 40e6, bandwidth_hz=9e9, snr_db=99.0, label=name, alert=True)
        for n in range(200)
    )
    marks = tuple(CandidateMark(x=n / 50 - 1, y=n / 40, label="lens", score=1.0) for n in range(100))
    state = replace(
        filled(page, lang),
        selected=150,
        devices=rows,
        spectrum=SpectrumPageView(lines=lines, at_hz=9e12),
        lens=LensPageView(picture=wall(), marks=marks, cells=cells(), guide="guide.brighter"),
        findings=(FindingView(sensor="rf", subject=LONG_NAME, reason=name, log_lr=99.0),),
        homing=HomingView(name=LONG_NAME, level=-123.456, history=(-10.0,) * 999, trend="lost"),
        health=tuple(
            HealthRow(sensor=s.name, hint="hint.garbage") for s in ordinary(Level.CHECK, lang).sensors
        ),
    )
    return overfull_inspection(page, state) if page in STAGES else state

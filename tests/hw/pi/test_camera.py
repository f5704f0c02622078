"""The camera over a stand-in of picamera2's documented API, and over OpenCV's V4L2 door."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import gpiozero
import numpy as np
import pytest
from gpiozero.pins.mock import MockFactory

from hw.clock import ManualClock, SystemClock
from hw.config import CameraConfig, HwConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.kit import CameraWithLeds, open_device
from hw.pi import camera as driver
from hw.pi.camera import CameraStream, PiCamera
from hw.pi.camera_source import CameraPicture
from hw.pi.picam import open_picam
from hw.pi.webcam import open_webcam, usb_serial
from hw.protocols import Camera, Leds

SMALL = CameraConfig(width_px=320, height_px=240, rate_hz=60.0, exposure_us=4000, gain=2.0)


@pytest.fixture
def picam(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "standin"))
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    import picamera2

    picamera2.reset()
    yield picamera2
    picamera2.reset()
    sys.modules.pop("picamera2", None)


@pytest.fixture
def lights() -> Iterator[None]:
    before, gpiozero.Device.pin_factory = gpiozero.Device.pin_factory, MockFactory()
    yield
    gpiozero.Device.pin_factory.reset()
    gpiozero.Device.pin_factory = before


def open_camera(clock: ManualClock) -> PiCamera:
    return PiCamera(open_picam, SMALL, clock)


def wait_until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_the_eye_has_locked_pictures_and_lights(picam: ModuleType, lights: None) -> None:
    eye = open_device("camera", spec="auto", config=HwConfig(camera=SMALL), clock=SystemClock())
    assert isinstance(eye, CameraWithLeds)
    with eye.camera as camera, eye.leds as leds:
        assert isinstance(camera, Camera)
        assert isinstance(leds, Leds)
        frames = [camera.read() for _ in range(5)]
        assert [f.seq for f in frames] == [0, 1, 2, 3, 4]
        assert [f.pixels.shape for f in frames] == [(240, 320)] * 5
        assert [int(f.pixels[0, 0]) for f in frames] == [4, 5, 6, 7, 8]  # without the three unsettled ones
        assert all(np.ptp(f.pixels) == 0 for f in frames)  # no padding, no freed buffer
        assert {f.exposure_us for f in frames} == {3993}
        assert {f.led for f in frames} == {None}
        assert all(a.t_ns <= b.t_ns for a, b in pairwise(frames))
        assert camera.health().ok
        assert camera.info().name == "ov9281"
    assert picam.SET == {
        "AeEnable": False,
        "AwbEnable": False,
        "ExposureTime": 4000,
        "AnalogueGain": 2.0,
        "FrameDurationLimits": (16667, 16667),
        "Sharpness": 0.0,
    }
    assert picam.LOG[-2:] == ["stop", "close"]


def test_times_are_the_sensors_on_the_sessions_clock(picam: ModuleType) -> None:
    clock = ManualClock(10_000_000_000)
    with open_camera(clock) as camera:
        age_ns = clock.now_ns() - camera.read().t_ns
        assert 10_000_000 <= age_ns < 1_000_000_000


def test_an_unlocked_exposure_is_said_and_heals(picam: ModuleType) -> None:
    picam.Faults.unlocked = True
    with open_camera(ManualClock()) as camera:
        camera.read()
        health = camera.health()
        assert (health.ok, health.reason) == (False, Reason.GARBAGE)
        assert "33000" in health.hint
        picam.Faults.unlocked = False
        for _ in range(driver.KEPT_PICTURES + 3):
            camera.read()
        assert camera.health().ok


@pytest.mark.parametrize(
    ("fault", "value", "said"),
    [
        ("gain", 1.0, "its gain is 1.0, not 2"),
        ("frame_us", 33_333, "a picture takes 33333 µs, not 16667"),
        ("size", (160, 120), "160×120, not 320×240"),
        ("automatic", True, "auto exposure is on; auto white balance is on"),
    ],
)
def test_every_setting_is_read_back(picam: ModuleType, fault: str, value: object, said: str) -> None:
    setattr(picam.Faults, fault, value)
    with open_camera(ManualClock()) as camera:
        camera.read()
        health = camera.health()
        assert (health.ok, health.reason) == (False, Reason.GARBAGE)
        assert said in health.hint


def test_the_picture_is_linear_and_of_full_range(picam: ModuleType) -> None:
    with open_camera(ManualClock()) as camera:
        levels = [int(camera.read().pixels[0, 0]) for _ in range(250)]
    steps = {b - a for a, b in pairwise(levels)}
    assert min(steps) >= 1  # neither a curve nor a smaller range makes two levels one
    assert max(levels) > 235


def test_without_its_tuning_file_the_camera_opens_and_says_that_its_curve_stays(
    picam: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(picam.Picamera2, "load_tuning_file")
    with open_camera(ManualClock()) as camera:
        assert int(camera.read().pixels[0, 0]) > 4
        health = camera.health()
    assert (health.ok, health.reason) == (False, Reason.GARBAGE)
    assert "tone curve stays on" in health.hint


def test_a_capture_that_never_returns_is_cancelled_and_found_again(
    picam: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "STALL_S", 0.2)
    clock = ManualClock()
    with open_camera(clock) as camera:
        camera.read()
        picam.Faults.stalled.clear()
        with pytest.raises(DeviceLost):
            _read_on(camera)
        assert picam.LOG[-2:] == ["stop", "close"]  # although the call was still pending
        picam.Faults.stalled.set()
        camera.reopen()
        camera.read()
    assert not CameraStream.hangs()


def test_a_driver_that_never_lets_go_is_said(picam: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "STALL_S", 0.2)
    monkeypatch.setattr(driver, "PARTING_S", 0.1)
    free = threading.Event()
    monkeypatch.setattr(picam.Picamera2, "stop", lambda _self: free.wait(20))
    clock = ManualClock()
    with open_camera(clock) as camera:
        picam.Faults.stalled.clear()
        with pytest.raises(DeviceLost):
            _read_on(camera)
        picam.Faults.busy = True  # held by the stream that hangs
        with pytest.raises(DeviceLost, match="Restart ansim"):
            camera.reopen()
        picam.Faults.busy = False
        picam.Faults.stalled.set()
        free.set()


def test_new_settings_restart_it_and_the_same_do_not(picam: ModuleType) -> None:
    with open_camera(ManualClock()) as camera:
        camera.configure(SMALL)
        assert picam.LOG.count("open") == 1
        camera.configure(SMALL.model_copy(update={"exposure_us": 800}))
        assert picam.LOG.count("open") == 2
        assert camera.read().exposure_us == 793
        assert picam.LOG.count("close") == 1


@pytest.mark.parametrize("fault", ["gone", "shape", "stall"])
def test_a_camera_that_fails_is_lost_and_found(
    picam: ModuleType, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    monkeypatch.setattr(driver, "STALL_S", 0.2)
    clock = ManualClock()
    reason = {"gone": Reason.UNPLUGGED, "shape": Reason.GARBAGE, "stall": Reason.STALLED}[fault]
    with open_camera(clock) as camera:
        camera.read()
        if fault == "gone":
            picam.Faults.gone = True
        elif fault == "shape":
            picam.Faults.shape = (10, 10)
        else:
            picam.Faults.stalled.clear()
        with pytest.raises(DeviceLost) as caught:
            _read_on(camera)
        assert caught.value.reason is reason
        health = camera.health()
        assert (health.ok, health.reason, bool(health.hint)) == (False, reason, True)
        picam.Faults.gone, picam.Faults.shape = False, None
        picam.Faults.stalled.set()
        wait_until(lambda: picam.LOG.count("close") == 1)
        camera.reopen()
        camera.read()
        assert camera.health().ok


def _read_on(camera: PiCamera) -> None:
    for _ in range(1000):
        camera.read()


def test_a_slow_reader_gets_the_newest_and_the_rest_is_counted(picam: ModuleType) -> None:
    with open_camera(ManualClock()) as camera:
        first = int(camera.read().pixels[0, 0])
        stream = camera._held.hold()
        wait_until(lambda: stream.skipped > 5)
        assert int(camera.read().pixels[0, 0]) > first + 1


def test_an_error_of_another_kind_does_not_end_in_silence() -> None:
    class Broken:
        name = "broken"

        def capture(self) -> CameraPicture:
            raise cv2.error("Assertion failed")

        def close(self) -> None:
            raise RuntimeError("already gone")

    stream = CameraStream(Broken(), ManualClock())
    with pytest.raises(DeviceLost, match="Assertion failed"):
        stream.next()
    stream.close()


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [("cameras", DeviceMissing, Reason.NOT_FOUND), ("busy", DeviceBusy, Reason.BUSY)],
)
def test_what_keeps_it_from_opening_heals(
    picam: ModuleType, lights: None, fault: str, error: type[HwError], reason: Reason
) -> None:
    setattr(picam.Faults, fault, 0 if fault == "cameras" else True)
    config = HwConfig(camera=SMALL)
    with pytest.raises(error) as caught:
        open_device("camera", spec="auto", config=config, clock=ManualClock())
    assert caught.value.reason is reason
    assert caught.value.hint
    picam.reset()
    eye = open_device("camera", spec="auto", config=config, clock=ManualClock())  # the lights were let go
    eye.camera.close()
    eye.leds.close()


@pytest.mark.parametrize("broken", ["absent", "numpy"])
def test_without_picamera2_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, lights: None, tmp_path: Path, broken: str
) -> None:
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    if broken == "absent":
        monkeypatch.setitem(sys.modules, "picamera2", None)
    else:
        (tmp_path / "picamera2.py").write_text("raise ValueError('numpy.dtype size changed')\n")
        monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(MissingComponent, match="picamera2") as caught:
        open_device("camera", spec="auto", config=HwConfig(), clock=ManualClock())
    assert "apt install" in caught.value.hint


# ---- V4L2


def test_a_webcam_is_asked_for_motion_jpeg_first(webcam: CameraConfig) -> None:
    source = open_webcam(webcam)
    assert next(iter(source._capture.set_values)) == cv2.CAP_PROP_FOURCC
    assert source.capture().differs == ()


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        ({cv2.CAP_PROP_AUTO_EXPOSURE: 3.0}, "the exposure is not locked"),
        ({cv2.CAP_PROP_EXPOSURE: 156.0}, "t exposes 15600 µs, not 4000"),
        ({cv2.CAP_PROP_AUTO_WB: 1.0}, "the white balance is not locked"),
        ({cv2.CAP_PROP_FPS: 10.0}, "it gives 10 pictures a second, not 60"),
    ],
)
def test_what_a_webcam_refuses_is_said(
    webcam: CameraConfig, monkeypatch: pytest.MonkeyPatch, refused: dict[int, float], said: str
) -> None:
    taken = FakeCapture.get
    monkeypatch.setattr(FakeCapture, "get", lambda self, key: refused.get(key, taken(self, key)))
    with PiCamera(open_webcam, webcam, ManualClock()) as camera:
        camera.read()
        health = camera.health()
    assert (health.ok, health.reason) == (False, Reason.GARBAGE)
    assert said in health.hint


def test_a_webcam_tells_the_serial_of_its_usb_device(tmp_path: Path) -> None:
    usb, node = tmp_path / "devices/usb1/1-1", tmp_path / "class/video4linux/video0"
    (usb / "1-1:1.0").mkdir(parents=True)
    (usb / "serial").write_text("A1B2C3\n")
    node.mkdir(parents=True)
    (node / "device").symlink_to(usb / "1-1:1.0")
    assert usb_serial("video0", tmp_path) == "A1B2C3"
    assert usb_serial("video1", tmp_path) == ""


def test_a_webcam_of_another_size_says_so(webcam: CameraConfig) -> None:
    wide = webcam.model_copy(update={"width_px": 1280, "height_px": 720})
    with PiCamera(open_webcam, wide, ManualClock()) as camera:
        camera.read()
        assert "320×240, not 1280×720" in camera.health().hint


class FakeCapture:
    """cv2.VideoCapture of a camera that gives numbered colour pictures."""

    opens = True
    there = True
    made: list[FakeCapture]

    def __init__(self, path: str, backend: int) -> None:
        assert backend == cv2.CAP_V4L2
        self.path = path
        self.set_values: dict[int, float] = {}
        self.released = False
        self.count = 0

    def isOpened(self) -> bool:  # noqa: N802
        return self.opens

    def set(self, key: int, value: float) -> bool:
        self.set_values[key] = value
        return True

    def get(self, key: int) -> float:
        return self.set_values.get(key, 0.0)

    def read(self) -> tuple[bool, Any]:
        time.sleep(0.002)
        self.count += 1
        return (True, np.full((240, 320, 3), self.count % 256, np.uint8)) if self.there else (False, None)

    def release(self) -> None:
        self.released = True


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CameraConfig:
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(FakeCapture, "opens", True)
    monkeypatch.setattr(FakeCapture, "there", True)
    (tmp_path / "video7").touch()
    return SMALL.model_copy(update={"source": str(tmp_path / "video7")})


def test_a_webcam_on_a_laptop_needs_no_pi_library(
    webcam: CameraConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("picamera2", "gpiozero"):
        monkeypatch.setitem(sys.modules, name, None)
    eye = open_device("camera", spec="auto", config=HwConfig(camera=webcam), clock=SystemClock())
    with eye.camera as camera, eye.leds as leds:
        frame = camera.read()
        assert frame.pixels.shape == (240, 320)
        assert frame.pixels.dtype == np.uint8
        assert frame.exposure_us == 4000
        assert leds.states() == ("off",)
        assert "gpiozero" in leds.health().hint


def test_a_webcam_unplugged_is_lost_and_found(webcam: CameraConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    with PiCamera(open_webcam, webcam, clock) as camera:
        camera.read()
        monkeypatch.setattr(FakeCapture, "there", False)
        with pytest.raises(DeviceLost) as caught:
            _read_on(camera)
        assert caught.value.reason is Reason.UNPLUGGED
        monkeypatch.setattr(FakeCapture, "there", True)
        camera.reopen()
        camera.read()
        assert camera.health().ok


def test_why_a_webcam_does_not_open(webcam: CameraConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeviceMissing, match=r"hw\.camera\.source"):
        open_webcam(webcam.model_copy(update={"source": "9999"}))
    monkeypatch.setattr(FakeCapture, "opens", False)
    with pytest.raises(DeviceBusy, match="fuser"):
        open_webcam(webcam)
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(DeviceDenied, match="video group"):
        open_webcam(webcam)

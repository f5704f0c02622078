"""picamera2's documented API without a camera: what the Picamera2 manual promises, and faults on demand.

As libcamera does: a video configuration is of limited range unless another colour space is asked for, the
tuning file's tone curve lifts dark tones, controls take effect some pictures later and the metadata of each
picture say which held, and a front end that timed out gives no request back before the camera is stopped.
"""

from __future__ import annotations

import threading
import time

import numpy as np
from libcamera import ColorSpace  # the stand-in beside this file


class Faults:
    """What goes wrong; shared by all cameras of one test."""

    cameras = 1
    busy = False
    gone = False
    stalled = threading.Event()  # set: pictures come
    shape: tuple[int, int] | None = None
    frozen = False  # the sensor's picture, noise and all, stays as it is
    unlocked = False
    settling = 3
    gain: float | None = None  # given instead of the one asked for
    frame_us: int | None = None
    size: tuple[int, int] | None = None
    automatic = False  # auto exposure and white balance stay on
    offered = ("AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "FrameDurationLimits", "Sharpness")


RPI_CURVE = (0, 0, 1024, 5040, 8192, 20000, 32768, 45000, 65535, 65535)  # of that shape
LOG: list[str] = []
SET: dict[str, object] = {}


def reset() -> None:
    Faults.cameras, Faults.busy, Faults.gone = 1, False, False
    Faults.frozen = False
    Faults.shape, Faults.unlocked, Faults.settling = None, False, 3
    Faults.gain = Faults.frame_us = Faults.size = None
    Faults.automatic = False
    Faults.stalled.set()
    LOG.clear()
    SET.clear()


class CompletedRequest:
    def __init__(self, planes: np.ndarray, metadata: dict[str, object]) -> None:
        self._planes, self._metadata = planes, metadata

    def make_array(self, name: str) -> np.ndarray:
        assert name == "main"
        return self._planes

    def get_metadata(self) -> dict[str, object]:
        return self._metadata

    def release(self) -> None:
        self._planes[:] = 0  # the buffer belongs to the camera again
        LOG.append("release")


class Picamera2:
    def __init__(self, camera_num: int = 0, tuning: dict[str, object] | None = None) -> None:
        if camera_num >= Faults.cameras:
            raise IndexError("list index out of range")
        if Faults.busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.camera_properties = {"Model": "ov9281"}
        self.camera_controls = dict.fromkeys(Faults.offered, (0, 1, 0))
        self._count = 0
        self._curve = RPI_CURVE if tuning is None else tuning["rpi.contrast"]["gamma_curve"]  # type: ignore[index]
        self._cancelled = threading.Event()
        LOG.append("open")

    @staticmethod
    def load_tuning_file(name: str) -> dict[str, object]:
        if name != "ov9281_mono.json":
            raise RuntimeError("Tuning file not found")
        return {"rpi.contrast": {"ce_enable": 1, "gamma_curve": list(RPI_CURVE)}}

    @staticmethod
    def find_tuning_algo(tuning: dict[str, object], name: str) -> object:
        return tuning[name]

    @staticmethod
    def global_camera_info() -> list[dict[str, object]]:
        return [{"Model": "ov9281", "Num": i} for i in range(Faults.cameras)]

    def create_video_configuration(
        self, main: dict[str, object], controls: dict[str, object], buffer_count: int
    ) -> dict[str, object]:
        assert set(controls) <= set(self.camera_controls)
        limited = {"colour_space": ColorSpace.Rec709()}
        return {"main": main, "controls": controls, "buffer_count": buffer_count, **limited}

    def configure(self, configuration: dict[str, dict[str, object]]) -> None:
        self._size = Faults.size or configuration["main"]["size"]
        self._full = configuration["colour_space"].name == "sycc"
        assert configuration["main"]["format"] == "YUV420"
        SET.update(configuration["controls"])

    def camera_configuration(self) -> dict[str, dict[str, object]]:
        return {"main": {"size": self._size, "format": "YUV420"}}

    def start(self) -> None:
        LOG.append("start")

    def capture_request(self) -> CompletedRequest:
        while not Faults.stalled.wait(0.01):
            if self._cancelled.is_set():
                raise RuntimeError("Request cancelled")
        if Faults.gone:
            raise RuntimeError("Camera frontend has timed out")
        time.sleep(0.002)
        self._count += 1
        width, height = self._size
        shape = Faults.shape or (height * 3 // 2, width + 64)  # rows are padded
        planes = np.full(shape, self._level(self._count % 256), np.uint8)
        if Faults.frozen:
            planes[:height, :width] = np.random.default_rng(1).integers(60, 90, (height, width), np.uint8)
        planes[:, width:] = 255
        wrong = Faults.unlocked or self._count <= Faults.settling
        exposure = 33_000 if wrong else int(SET["ExposureTime"]) - 7
        metadata = {
            "ExposureTime": exposure,
            "AnalogueGain": Faults.gain or SET["AnalogueGain"],
            "FrameDuration": Faults.frame_us or SET["FrameDurationLimits"][0],  # type: ignore[index]
            "SensorTimestamp": time.monotonic_ns() - 10_000_000,
            "AeEnable": Faults.automatic,
            "AwbEnable": Faults.automatic,
        }
        return CompletedRequest(planes, metadata)

    def _level(self, linear: int) -> int:
        toned = np.interp(linear * 257, self._curve[::2], self._curve[1::2]) / 257
        return round(float(toned) if self._full else 16 + float(toned) * 219 / 255)

    def stop(self) -> None:
        self._cancelled.set()
        LOG.append("stop")

    def close(self) -> None:
        LOG.append("close")

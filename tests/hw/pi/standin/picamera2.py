"""picamera2's documented API without a camera: what the Picamera2 manual promises, and faults on demand."""

from __future__ import annotations

import threading
import time

import numpy as np


class Faults:
    """What goes wrong; shared by all cameras of one test."""

    cameras = 1
    busy = False
    gone = False
    stalled = threading.Event()  # set: pictures come
    shape: tuple[int, int] | None = None
    unlocked = False
    settling = 3
    offered = ("AeEnable", "AwbEnable", "ExposureTime", "AnalogueGain", "FrameDurationLimits", "Sharpness")


LOG: list[str] = []
SET: dict[str, object] = {}


def reset() -> None:
    Faults.cameras, Faults.busy, Faults.gone = 1, False, False
    Faults.shape, Faults.unlocked, Faults.settling = None, False, 3
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
    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= Faults.cameras:
            raise IndexError("list index out of range")
        if Faults.busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self.camera_properties = {"Model": "ov9281"}
        self.camera_controls = dict.fromkeys(Faults.offered, (0, 1, 0))
        self._count = 0
        LOG.append("open")

    @staticmethod
    def global_camera_info() -> list[dict[str, object]]:
        return [{"Model": "ov9281", "Num": i} for i in range(Faults.cameras)]

    def create_video_configuration(
        self, main: dict[str, object], controls: dict[str, object], buffer_count: int
    ) -> dict[str, object]:
        assert set(controls) <= set(self.camera_controls)
        return {"main": main, "controls": controls, "buffer_count": buffer_count}

    def configure(self, configuration: dict[str, dict[str, object]]) -> None:
        self._size = configuration["main"]["size"]
        assert configuration["main"]["format"] == "YUV420"
        SET.update(configuration["controls"])

    def start(self) -> None:
        LOG.append("start")

    def capture_request(self) -> CompletedRequest:
        Faults.stalled.wait()
        if Faults.gone:
            raise RuntimeError("Camera frontend has timed out")
        time.sleep(0.002)
        self._count += 1
        width, height = self._size
        shape = Faults.shape or (height * 3 // 2, width + 64)  # rows are padded
        planes = np.full(shape, self._count % 256, np.uint8)
        planes[:, width:] = 255
        wrong = Faults.unlocked or self._count <= Faults.settling
        exposure = 33_000 if wrong else int(SET["ExposureTime"]) - 7
        return CompletedRequest(
            planes, {"ExposureTime": exposure, "SensorTimestamp": time.monotonic_ns() - 10_000_000}
        )

    def stop(self) -> None:
        LOG.append("stop")

    def close(self) -> None:
        LOG.append("close")

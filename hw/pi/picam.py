"""The Pi camera by picamera2. Whatever adjusts itself is switched off, or no strobe could be trusted."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from hw.config import CameraConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.pi.camera_source import EXPOSURE_TOLERANCE, REPLUG_HINT, CameraPicture

US_PER_S = 1_000_000
BUFFERS = 6
MOST_UNSETTLED = 12  # pictures after the start; controls take effect within about 5
NOISE_REDUCTION_OFF = 0  # a glint is a few pixels: denoising would wipe it away
NO_SHARPENING = 0.0  # halos around bright points look like rings

APT_HINT = "On Raspberry Pi OS: sudo apt install python3-picamera2, in a venv with system packages."


class PiSource:
    """One camera of libcamera."""

    def __init__(self, picam: Any, settings: CameraConfig) -> None:
        self._picam = picam
        self._size = (settings.width_px, settings.height_px)
        self._exposure_us = settings.exposure_us
        self._unsettled = MOST_UNSETTLED
        self.name = str(picam.camera_properties.get("Model", "Pi camera"))
        offered = picam.camera_controls
        controls = {key: value for key, value in locked_controls(settings).items() if key in offered}
        main = {"size": self._size, "format": "YUV420"}
        picam.configure(picam.create_video_configuration(main=main, controls=controls, buffer_count=BUFFERS))
        picam.start()

    def capture(self) -> CameraPicture:
        """Return the next picture; after the start, those before the controls took effect are left out."""
        picture = self._take()
        while self._unsettled and not self._as_wanted(picture):
            self._unsettled -= 1
            picture = self._take()
        self._unsettled = 0
        return picture

    def _as_wanted(self, picture: CameraPicture) -> bool:
        is_us = picture.exposure_us
        return is_us is None or abs(is_us - self._exposure_us) <= EXPOSURE_TOLERANCE * self._exposure_us

    def _take(self) -> CameraPicture:
        """Return the luminance plane of the next request."""
        try:
            request = self._picam.capture_request()
        except (RuntimeError, OSError) as error:
            raise DeviceLost(f"The Pi camera is gone: {error}", hint=REPLUG_HINT) from error
        try:
            return self._copied(request)  # once released, the buffer belongs to the camera again
        finally:
            request.release()

    def _copied(self, request: Any) -> CameraPicture:
        planes, metadata = request.make_array("main"), request.get_metadata()
        width, height = self._size
        if planes.ndim != 2 or planes.shape[0] < height or planes.shape[1] < width:
            what = f"The Pi camera gives pictures of {planes.shape}"
            raise DeviceLost(what, hint="Set hw.camera to a size it has.", reason=Reason.GARBAGE)
        return CameraPicture(
            pixels=np.array(planes[:height, :width], np.uint8),
            exposure_us=_whole(metadata.get("ExposureTime")),
            taken_ns=_whole(metadata.get("SensorTimestamp")),
        )

    def close(self) -> None:
        """Stop and let the camera go."""
        try:
            self._picam.stop()
        finally:
            self._picam.close()


def locked_controls(settings: CameraConfig) -> dict[str, Any]:
    """Return the libcamera controls that keep every picture alike."""
    frame_us = round(US_PER_S / settings.rate_hz)
    return {
        "AeEnable": False,
        "AwbEnable": False,
        "ExposureTime": settings.exposure_us,
        "AnalogueGain": settings.gain,
        "FrameDurationLimits": (frame_us, frame_us),
        "NoiseReductionMode": NOISE_REDUCTION_OFF,
        "Sharpness": NO_SHARPENING,
    }


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def open_picam(settings: CameraConfig) -> PiSource:
    """Open the first Pi camera.

    Raises
    ------
    MissingComponent, DeviceMissing, DeviceBusy, DeviceDenied
        With the hint that helps.
    """
    try:
        from picamera2 import Picamera2
    except (
        ImportError,
        OSError,
        ValueError,
    ) as error:  # ValueError: a numpy that its parts were not built for
        raise MissingComponent(f"picamera2 cannot be used: {error}", hint=APT_HINT) from error
    logging.getLogger("picamera2").setLevel(logging.WARNING)
    if not Picamera2.global_camera_info():
        raise DeviceMissing(
            "No Pi camera is connected", hint="Check the ribbon cable: rpicam-hello --list-cameras."
        )
    picam = None
    try:
        picam = Picamera2(0)
        return PiSource(picam, settings)
    except (RuntimeError, OSError, IndexError, ValueError) as error:
        if picam is not None:
            picam.close()
        raise _why_not(error) from error


def _why_not(error: Exception) -> HwError:
    text = str(error).lower()
    if isinstance(error, PermissionError) or "permission" in text:
        return DeviceDenied("This user may not open the Pi camera", hint="Add the user to the video group.")
    if "busy" in text or "acquire" in text or "did not complete" in text:
        return DeviceBusy("Another program holds the Pi camera", hint="Stop it: sudo fuser -v /dev/media*.")
    return DeviceMissing(f"The Pi camera does not start: {error}", hint=REPLUG_HINT, reason=Reason.STALLED)

"""The Pi camera, through picamera2, with all automatic control off: the strobe compares its pictures."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from hw.config import CameraConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, MissingComponent, Reason
from hw.pi.camera_source import (
    EXPOSURE_TOLERANCE,
    GAIN_TOLERANCE,
    REPLUG_HINT,
    SLOWEST_RATE,
    CameraPicture,
    size_differs,
)

US_PER_S = 1_000_000
BUFFERS = 6
MOST_UNSETTLED = 12  # pictures after the start; controls take effect within about 5
NOISE_REDUCTION_OFF = 0  # a glint is a few pixels: denoising would wipe it away
NO_SHARPENING = 0.0  # halos around bright points look like rings

STRAIGHT = (0, 0, 65535, 65535)  # a tone curve that changes nothing
MONO_SENSORS = frozenset({"ov9281", "ov7251", "imx296", "imx290"})  # that also come without colour

CURVED = "its tone curve stays on: libcamera has no tuning file for it, so lights cannot be compared"

APT_HINT = "On Raspberry Pi OS: sudo apt install python3-picamera2, in a venv with system packages."


class PiSource:
    """One camera of libcamera; of one that is not ``linear`` every picture says so."""

    def __init__(self, picam: Any, settings: CameraConfig, *, linear: bool = True) -> None:
        self._picam, self._settings = picam, settings
        self._as_built = () if linear else (CURVED,)
        self._unsettled = MOST_UNSETTLED
        self.name = str(picam.camera_properties.get("Model", "Pi camera"))
        offered = picam.camera_controls
        controls = {key: value for key, value in locked_controls(settings).items() if key in offered}
        main = {"size": (settings.width_px, settings.height_px), "format": "YUV420"}
        wished = picam.create_video_configuration(main=main, controls=controls, buffer_count=BUFFERS)
        wished |= _full_range()
        picam.configure(wished)
        self._size = _size_taken(picam, settings)
        picam.start()

    def capture(self) -> CameraPicture:
        """Return the next picture; after the start, those before the controls took effect are left out."""
        picture = self._take()
        while self._unsettled and picture.differs:
            self._unsettled -= 1
            picture = self._take()
        self._unsettled = 0
        return picture

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
        pixels = np.array(planes[:height, :width], np.uint8)
        return CameraPicture(
            pixels=pixels,
            exposure_us=_whole(metadata.get("ExposureTime")),
            taken_ns=_whole(metadata.get("SensorTimestamp")),
            differs=(
                *self._as_built,
                *differences(metadata, self._settings),
                *size_differs(pixels, self._settings),
            ),
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


def differences(metadata: Mapping[str, Any], settings: CameraConfig) -> tuple[str, ...]:
    """Return the settings that a picture's own metadata contradict, one phrase each.

    What the metadata do not mention is not held against the camera. Times are µs, as libcamera gives them.
    """
    wanted_us, frame_us = settings.exposure_us, US_PER_S / settings.rate_hz
    is_us, gain = metadata.get("ExposureTime"), metadata.get("AnalogueGain")
    period_us = metadata.get("FrameDuration")
    told = (
        (
            is_us is not None and abs(is_us - wanted_us) > EXPOSURE_TOLERANCE * wanted_us,
            f"it exposes {is_us} µs, not {wanted_us} (hw.camera.exposure_us)",
        ),
        (
            gain is not None and abs(gain - settings.gain) > GAIN_TOLERANCE * settings.gain,
            f"its gain is {gain}, not {settings.gain:g} (hw.camera.gain)",
        ),
        (
            period_us is not None and frame_us < SLOWEST_RATE * period_us,
            f"a picture takes {period_us} µs, not {frame_us:.0f} (hw.camera.rate_hz)",
        ),
        (bool(metadata.get("AeEnable")), "auto exposure is on"),
        (bool(metadata.get("AwbEnable")), "auto white balance is on"),
    )
    return tuple(words for wrong, words in told if wrong)


def _full_range() -> dict[str, Any]:
    """Return the part of a configuration that makes the luminance go from 0 to 255.

    By default a video configuration is of limited range: white is 235, and nothing ever counts as clipped.
    """
    try:
        from libcamera import ColorSpace
    except ImportError:
        return {}
    return {"colour_space": ColorSpace.Sycc()}


def _size_taken(picam: Any, settings: CameraConfig) -> tuple[int, int]:
    """Return the size the camera took: it may round what it was asked for."""
    taken: Mapping[str, Any] = getattr(picam, "camera_configuration", dict)() or {}
    width, height = taken.get("main", {}).get("size", (settings.width_px, settings.height_px))
    return int(width), int(height)


def linear_tuning(library: Any, model: str, *, mono: bool) -> Any:
    """Return the camera's tuning without its tone curve, None where there is no such file.

    Raspberry Pi's tuning files draw a curve that lifts dark tones and enhance contrast by the scene
    (``rpi.contrast``): what a light adds would then depend on what it is added to.
    """
    for name in (f"{model}_mono.json", f"{model}.json") if mono else (f"{model}.json",):
        try:
            tuning = library.load_tuning_file(name)
            contrast = library.find_tuning_algo(tuning, "rpi.contrast")
        except (AttributeError, RuntimeError, OSError, ValueError, StopIteration, KeyError):
            continue
        if contrast is not None:
            contrast["ce_enable"], contrast["gamma_curve"] = 0, list(STRAIGHT)
            return tuning
    return None


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
        picam, linear = _opened(Picamera2)
        return PiSource(picam, settings, linear=linear)
    except (RuntimeError, OSError, IndexError, ValueError) as error:
        if picam is not None:
            picam.close()
        raise _why_not(error) from error


def _opened(library: Any) -> tuple[Any, bool]:
    """Open the first camera; say whether its tone curve is straight: its tuning file could be had."""
    about = library.global_camera_info()[0]
    model = str(about.get("Model", ""))
    tuning = linear_tuning(library, model, mono=model.lower() in MONO_SENSORS)
    return (library(0), False) if tuning is None else (library(0, tuning=tuning), True)


def _why_not(error: Exception) -> HwError:
    text = str(error).lower()
    if isinstance(error, PermissionError) or "permission" in text:
        return DeviceDenied("This user may not open the Pi camera", hint="Add the user to the video group.")
    if "busy" in text or "acquire" in text or "did not complete" in text:
        return DeviceBusy("Another program holds the Pi camera", hint="Stop it: sudo fuser -v /dev/media*.")
    return DeviceMissing(f"The Pi camera does not start: {error}", hint=REPLUG_HINT, reason=Reason.STALLED)

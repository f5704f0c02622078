"""Records that devices hand over: frozen dataclasses with their units in the field names.

Time is always ``t_ns``: integer nanoseconds, monotonic from the start of the session.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

LedState = Literal["off", "ring", "side", "red", "side2"]
SensorName = Literal["rf", "wifi", "ble", "lens"]
Lasting = Literal["address", "looks", "none"]  # what makes an observed thing the same thing another day
SENSOR_NAMES: tuple[SensorName, ...] = ("rf", "wifi", "ble", "lens")
WIFI_BANDS_MHZ: Mapping[str, tuple[int, int]] = MappingProxyType(  # lowest and highest primary channel
    {"2.4 GHz": (2400, 2500), "5 GHz": (4900, 5920), "6 GHz": (5925, 7125)}
)


def _no_numbers() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class IqBlock:
    """Contiguous complex baseband samples from one tuning.

    ``sample_format`` is the SigMF datatype in which the samples are exact (``cu8`` for an RTL-SDR), so
    that a recording of them loses nothing. Full scale is 1.0.
    """

    t_ns: int
    center_hz: float
    rate_hz: float
    gain_db: float | None
    samples: NDArray[np.complex64]
    clipped_share: float
    sample_format: str = "cu8"

    @property
    def duration_ns(self) -> int:
        """The duration of the block on the air, ns."""
        return round(len(self.samples) * 1e9 / self.rate_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One camera picture. ``led`` is None where it is unknown which light was on during the exposure."""

    seq: int
    t_ns: int
    exposure_us: int | None
    led: LedState | None
    pixels: NDArray[np.uint8]  # (height, width), grey


@dataclass(frozen=True, slots=True)
class LightSwitch:
    """One switch of the lights: ``state`` shines from ``t_ns`` on; ``refused``: why a wanted one may not."""

    t_ns: int
    state: LedState
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot11Batch:
    """Many captured 802.11 frames at once: one buffer and columns, never one object for each frame.

    Frame ``i`` is ``buffer[starts[i] : starts[i] + lengths[i]]``, beginning with the capture header of
    ``link_type`` (pcap LINKTYPE: 127 radiotap, 105 plain 802.11, 119 Prism, 192 PPI, 163 AVS).
    ``wire_lengths`` are the lengths before the snap length cut them. An empty batch still says that
    ``channel_hz`` was listened to from ``t_ns`` until ``until_ns``.
    """

    t_ns: int
    until_ns: int
    channel_hz: float | None
    link_type: int
    buffer: bytes | memoryview
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    wire_lengths: NDArray[np.int64]
    times_ns: NDArray[np.int64]
    lost: int = 0  # frames the kernel or the adapter dropped, as far as it tells
    dropped: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({})
    )  # unreadable records by reason
    notes: tuple[str, ...] = ()  # what had to be mended of a recording: clock_steps, clock_disorder


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralSample:
    """One FFT that a Wi-Fi chip made of what it hears, Wi-Fi or not.

    ``bins_dbm`` are powers of equally wide bins from ``low_hz`` upwards, dBm as far as the chip's noise floor
    and RSSI are calibrated. ``noise_dbm`` is the floor that the chip believes in, ``rssi_db`` what it hears
    above it; of two halves with values of their own the higher ones.
    """

    t_ns: int
    layout: str  # the kernel's record: ath9k-ht20, ath9k-ht40, ath10k, ath11k
    center_hz: float
    width_hz: float  # of all bins together
    noise_dbm: float
    rssi_db: float
    bins_dbm: NDArray[np.float32]
    record: bytes = b""  # as the kernel gave it, so that a recording loses nothing

    @property
    def step_hz(self) -> float:
        """Width of a bin, Hz."""
        return self.width_hz / len(self.bins_dbm)

    @property
    def low_hz(self) -> float:
        """Lower edge of the first bin, Hz."""
        return self.center_hz - self.width_hz / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SpectralBatch:
    """FFTs from ``t_ns`` until ``until_ns``, in order of time, with the unreadable records by reason."""

    t_ns: int
    until_ns: int
    samples: tuple[SpectralSample, ...]
    dropped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSurvey:
    """The airtime that a Wi-Fi driver has counted on one channel so far; None where it does not say.

    ``busy_ms`` is the part of ``time_ms`` in which something was on the air, ``rx_ms`` and ``tx_ms`` that of
    Wi-Fi frames received and sent.
    """

    center_hz: float
    noise_dbm: int | None = None
    time_ms: int | None = None
    busy_ms: int | None = None
    rx_ms: int | None = None
    tx_ms: int | None = None
    in_use: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyBatch:
    """The counters of all channels of an adapter as they were at ``t_ns``."""

    t_ns: int
    channels: tuple[ChannelSurvey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverLevel:
    """The level of one channel by an analog receiver's RSSI pin; dBm where its data sheet says the scale."""

    t_ns: int
    center_hz: float
    volts: float
    level_dbm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoGrab:
    """Pictures that follow each other, of a video grabber behind an analog receiver on one channel.

    ``unlocked`` is True where the grabber's decoder says that no signal holds it; many say nothing.
    """

    t_ns: int
    center_hz: float
    pictures: tuple[NDArray[np.uint8], ...]  # (height, width), grey
    unlocked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BleAdvert:
    """One advertising report. ``address`` is lower-case hex with colons, as printed on the device."""

    t_ns: int
    address: str
    address_type: Literal["public", "random", "unknown"]
    rssi_dbm: int | None
    data: bytes  # AD structures, unparsed: hostile until proved otherwise
    scan_response: bool = False
    connectable: bool | None = None
    extended: bool = False
    channel: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BleBatch:
    """The adverts received from ``t_ns`` until ``until_ns``, with the unreadable ones counted by reason."""

    t_ns: int
    until_ns: int
    adverts: tuple[BleAdvert, ...]
    dropped: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ButtonPress:
    """One press of one of the four buttons."""

    t_ns: int
    button: Literal["up", "down", "ok", "back"]
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """Name and identity of a device, as it reports them."""

    role: str  # sdr, monitor, ble, camera, leds, display, buttons, buzzer, battery
    backend: str  # pi, replay, sim
    name: str
    detail: str = ""
    # A serial number or an adapter's own address; empty where it has none to read.
    serial: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHealth:
    """Whether a device works: ``reason`` is a word from `hw.errors.Reason`, ``hint`` says what to do."""

    ok: bool
    reason: str = ""
    hint: str = ""
    numbers: Mapping[str, float] = field(default_factory=_no_numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The readings of a sensor, taken and left out, by reason."""

    sensor: SensorName
    read: int
    dropped: Mapping[str, int]

    def as_json(self) -> dict[str, Any]:
        """Return the ``counts`` line of the JSON-lines contract."""
        return {
            "type": "counts",
            "sensor": self.sensor,
            "read": self.read,
            "dropped": dict(sorted(self.dropped.items())),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """The share of its job that a sensor really did, 0…1.

    ``parts`` are named shares (0…1) of the different things it could have found: the fusion weighs
    "not found" by the part that speaks of that kind of camera. ``reasons`` are keys of sentences that
    say why it is not full.
    """

    sensor: SensorName
    share: float
    parts: Mapping[str, float] = field(default_factory=_no_numbers)
    reasons: tuple[str, ...] = ()

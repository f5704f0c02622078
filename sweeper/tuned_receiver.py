"""A further ear of the RF sensor: an analog video receiver module (RX5808) with a video grabber.

::

    VideoReceiver ─ ReceiverLevel ─► round ─► the strongest ─ VideoGrab ─► grabbed_picture ─► Emission

The level alone says that something is there: at 5.8 GHz that is Wi-Fi more often than anything else. Only a
synchronised picture makes it a camera.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from hw.errors import EndOfRecording, FrequencyRefused, HwError
from hw.protocols import VideoReceiver
from hw.types import Counts, Coverage, DeviceHealth, ReceiverLevel, SensorName
from sweeper.bands import HIGH_PARTS, HighPart, high_coverage, load_bands
from sweeper.grabbed_picture import PROVEN_SCORE, GrabTest, measure_grab, standard_of
from sweeper.identify import CAMERA_SCORES
from sweeper.model import Emission, EmissionKind
from sweeper.picture import Picture

DB_PER_V = 160.0  # of an RTC6715: 96 dB in 0.6 V
RISE_V = 0.05  # over the middle of all channels: 8 dB
STRONGEST = 2  # channels of a round whose picture is looked at
PICTURES = 6  # of one look
SAME_HZ = 25e6  # a strong sender is heard on the channels beside its own
PAL_WIDTH_HZ = 16e6  # that an FM video sender fills
# Wi-Fi's channels of 2.4 and 5 GHz: a level there is Wi-Fi's until a picture says otherwise.
WIFI_HZ = ((2.401e9, 2.495e9), (5.15e9, 5.35e9), (5.47e9, 5.895e9))
MOST_FOUND = 16


class TunedReceiver:
    """Steps a receiver module: a channel's level, or a look at the picture of a strong one."""

    def __init__(self, *, radio: VideoReceiver) -> None:
        self.radio = radio
        self._channels = _channels(radio.reach_hz())
        self._order = cycle(self._channels or (0.0,))
        self._round: dict[float, ReceiverLevel] = {}
        self._heard: set[float] = set()
        self._looks: list[float] = []
        self._blank: NDArray[np.uint8] | None = None
        self._found: dict[str, Emission] = {}
        self._pictures: dict[str, Picture] = {}
        self._read = self._refused = 0
        self._fault: HwError | None = None

    @property
    def name(self) -> SensorName:
        """The sensor's name."""
        return "rf"

    def step(self) -> Sequence[Emission]:
        """Read one level, or look at one picture; return the emissions that changed."""
        try:
            return self._look(self._looks.pop(0)) if self._looks else self._listen(next(self._order))
        except EndOfRecording:
            raise
        except FrequencyRefused:
            self._refused += 1
            return ()
        except HwError as error:
            self._fault = error
            raise

    def _listen(self, center_hz: float) -> Sequence[Emission]:
        level = self.radio.read_level(center_hz=center_hz)
        self._fault = None
        self._read += 1
        self._round[level.center_hz] = level
        self._heard.add(level.center_hz)
        if len(self._round) < len(self._channels):
            return ()
        levels, self._round = self._round, {}
        strong = strongest(levels)
        if self.radio.has_picture():
            quiet = min(levels, key=lambda hz: levels[hz].volts)
            # A look at the emptiest channel first: what the grabber shows without a sender.
            self._looks = [quiet, *strong] if strong else []
        return tuple(self._note(levels[hz], _over(levels, hz)) for hz in strong)

    def _look(self, center_hz: float) -> Sequence[Emission]:
        grab = self.radio.grab(center_hz=center_hz, count=PICTURES)
        self._fault = None
        if not grab.pictures:
            return ()
        known = self._near(grab.center_hz)
        blank = None if known is None else self._blank
        test = measure_grab(grab.pictures, blank=blank, unlocked=grab.unlocked)
        if known is None:
            # The emptiest channel: what is shown there is shown without a sender.
            self._blank = grab.pictures[-1]
            return ()
        if not test.is_picture:
            return ()
        proven = self._proven(known, test, grab.pictures[-1], grab.t_ns)
        self._found[known.id] = proven
        return (proven,)

    def _near(self, center_hz: float) -> Emission | None:
        return next((e for e in self._found.values() if abs(e.center_hz - center_hz) <= SAME_HZ), None)

    def _note(self, level: ReceiverLevel, over_v: float) -> Emission:
        """Keep a level as an emission that can raise nothing; a picture that was proven stays."""
        same = self._near(level.center_hz)
        if same is not None and same.kind.startswith("analog"):
            self._found[same.id] = made = replace(same, last_ns=level.t_ns, hits=same.hits + 1)
            return made
        wifi = any(low <= level.center_hz <= high for low, high in WIFI_HZ)
        kind: EmissionKind = "known-service" if wifi else "unknown"
        number = same.id if same is not None else f"rf-v{len(self._found) + 1:03d}"
        made = Emission(
            id=number,
            center_hz=level.center_hz,
            bandwidth_hz=PAL_WIDTH_HZ,
            snr_db=_rise_db(over_v),
            kind=kind,
            scores={"camera": CAMERA_SCORES[kind]},
            first_ns=level.t_ns if same is None else same.first_ns,
            last_ns=level.t_ns,
            hits=1 if same is None else same.hits + 1,
            service="Wi-Fi" if wifi else None,
            channel=load_bands().channel_at(level.center_hz),
            measures=_measures(level, over_v),
        )
        if same is not None or len(self._found) < MOST_FOUND:
            self._found[number] = made
        return made

    def _proven(self, known: Emission, test: GrabTest, pixels: NDArray[np.uint8], t_ns: int) -> Emission:
        standard = standard_of(pixels)
        kind: EmissionKind = "analog-video-pal" if standard == "pal" else "analog-video-ntsc"
        self._pictures[known.id] = Picture(
            pixels=pixels, standard=standard, slices=test.count, repeat=test.pictures, score=PROVEN_SCORE
        )
        return Emission(
            id=known.id,
            center_hz=known.center_hz,
            bandwidth_hz=known.bandwidth_hz,
            snr_db=known.snr_db,
            kind=kind,
            scores={"camera": PROVEN_SCORE, "picture": PROVEN_SCORE},
            first_ns=known.first_ns,
            last_ns=t_ns,
            hits=known.hits + 1,
            channel=load_bands().channel_at(known.center_hz),
            measures={**known.measures, "likeness": test.pictures, "contrast": test.contrast},
        )

    def finish(self) -> None:
        """Settle what is pending: every reading is judged as it comes."""

    def observations(self) -> Sequence[Emission]:
        """Return every sender known, by number."""
        return tuple(self._found[number] for number in sorted(self._found))

    def pictures(self) -> Mapping[str, Picture]:
        """Return the pictures of the senders that have one."""
        return dict(self._pictures)

    def part_shares(self) -> dict[HighPart, float]:
        """Return the share of the video channels of each band that was heard, 0…1.

        Without a grabber nothing is covered: a level is no camera, and its absence none either.
        """
        if not self.radio.has_picture():
            return dict.fromkeys(HIGH_PARTS, 0.0)
        shares: dict[HighPart, float] = {}
        for part in HIGH_PARTS:
            channels = load_bands().high_channels(part)
            shares[part] = sum(hz in self._heard for hz in channels) / len(channels)
        return shares

    def coverage_reasons(self) -> tuple[str, ...]:
        """Return the keys of the sentences that say why it does not hear everything."""
        every = min(self.part_shares().values()) >= 1.0
        told = (
            ("rf_receiver_no_grabber", not self.radio.has_picture()),
            ("rf_not_all_video_channels", self.radio.has_picture() and not every),
        )
        return tuple(reason for reason, holds in told if holds)

    def coverage(self) -> Coverage:
        """Return how much of the video channels at 2.4 and 5.8 GHz was listened to."""
        return high_coverage(self.part_shares(), "rf_only_receiver", *self.coverage_reasons())

    def counts(self) -> Counts:
        """Return the levels read, and the channels that the module refused."""
        dropped = {"refused": self._refused} if self._refused else {}
        return Counts(sensor="rf", read=self._read, dropped=dropped)

    def health(self) -> DeviceHealth:
        """Return the module's health."""
        if self._fault is not None:
            return DeviceHealth(ok=False, reason=self._fault.reason, hint=self._fault.hint)
        return self.radio.health()

    def close(self) -> None:
        """Let go of the module."""
        self.radio.close()


def strongest(levels: Mapping[float, ReceiverLevel]) -> list[float]:
    """Return the channels of a round that stand out, the strongest first.

    Parameters
    ----------
    levels : mapping of float to ReceiverLevel
        By channel, Hz.

    Returns
    -------
    list of float
        At most `STRONGEST`, each the strongest within `SAME_HZ`, and `RISE_V` over the middle of all.
    """
    chosen: list[float] = []
    for hz in sorted(levels, key=lambda hz: -levels[hz].volts):
        if _over(levels, hz) < RISE_V or len(chosen) >= STRONGEST:
            break
        if all(abs(hz - other) > SAME_HZ for other in chosen):
            chosen.append(hz)
    return chosen


def _channels(reach_hz: Sequence[tuple[float, float]]) -> tuple[float, ...]:
    """Return the analog channels within reach, ascending, each once."""
    bands = load_bands()
    analog = (band for band in (*bands.camera, *bands.high) if band.modulation == "analog")
    every = {hz for band in analog for hz in band.channels_hz}
    return tuple(sorted(hz for hz in every if any(low <= hz <= high for low, high in reach_hz)))


def _over(levels: Mapping[float, ReceiverLevel], center_hz: float) -> float:
    return levels[center_hz].volts - float(np.median([level.volts for level in levels.values()]))


def _rise_db(over_v: float) -> float:
    """Rise over the middle of all channels, dB, by the scale of an RTC6715."""
    return max(0.0, over_v) * DB_PER_V


def _measures(level: ReceiverLevel, over_v: float) -> dict[str, float]:
    told = {"volts": level.volts, "rise_v": over_v}
    return told if level.level_dbm is None else {**told, "level_dbm": level.level_dbm}

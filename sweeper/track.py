"""Joins detections into transmissions, within one look and from look to look, in a bounded table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sweeper.bands import Bands
from sweeper.detect import Detection
from sweeper.gain_step_test import PRODUCT_ORDER
from sweeper.identify import CAMERA_SCORES, Identification
from sweeper.model import OVERLOAD, Emission, EmissionKind

VIDEO_KINDS: tuple[EmissionKind, ...] = ("analog-video-pal", "analog-video-ntsc")
VIDEO_REACH_HZ = 9e6  # half the width of an FM video signal with its sound, and the slice
TOUCH_HZ = 300e3  # stretches in neighbouring slices that are one signal
STEP_GAP_HZ = 2.4e6  # the camera plan leaves gaps of 2 MHz between its slices
NEAR_SPAN_DB, NEAR_HITS = 10.0, 4  # 3 m to 0.5 m gives 15.6 dB; fading in one place stays below
MAX_LEVELS = 16
MAX_SLICES = 64  # of one video signal: it is narrower, but a recording may be tuned anywhere
JITTER_HZ = 30e3  # a narrow signal's centre from look to look
KIND_RANK: Mapping[EmissionKind, int] = {
    "analog-video-pal": 7,
    "analog-video-ntsc": 7,
    "steady-carrier": 6,
    "non-wifi-energy": 6,
    "cofdm": 6,
    "known-service": 5,
    "self-noise": 4,
    "cellular-uplink": 3,
    "wideband-local": 2,
    "narrowband-local": 1,
    "unknown": 0,
}


@dataclass(slots=True)
class EmissionTrack:
    """One transmission so far. Video is followed by its slices, everything else by its stretch."""

    number: int
    low_hz: float
    high_hz: float
    first_ns: int
    last_ns: int
    kind: EmissionKind
    service: str | None
    center_hz: float
    bandwidth_hz: float
    hits: int = 0
    snr_db: float = -99.0
    scores: dict[str, float] = field(default_factory=dict)
    measures: dict[str, float] = field(default_factory=dict)
    slices: dict[float, float] = field(default_factory=dict)  # centre of the slice: level, for video
    levels: dict[float, tuple[float, float]] = field(default_factory=dict)  # slice: lowest, highest level
    orders: dict[float, float] = field(default_factory=dict)  # slice: how it falls with the gain

    @property
    def is_video(self) -> bool:
        """True where it is analog television."""
        return self.kind in VIDEO_KINDS

    def note_level(self, slice_hz: float, level_db: float) -> None:
        """Remember how its level in one slice moves while the inspector walks (gain taken off)."""
        low, high = self.levels.get(slice_hz, (level_db, level_db))
        self.levels[slice_hz] = (min(low, level_db), max(high, level_db))
        if len(self.levels) > MAX_LEVELS:
            self.levels.pop(next(iter(self.levels)))

    def note_order(self, slice_hz: float, order: float) -> None:
        """Remember how fast it falls with the gain in one slice; the slowest speaks for the whole."""
        self.orders[slice_hz] = order
        if len(self.orders) > MAX_LEVELS:
            self.orders.pop(next(iter(self.orders)))
        self.measures["gain_order"] = min(self.orders.values())

    @property
    def level_span_db(self) -> float:
        """The largest change of its level, dB: a near sender rises, a broadcast does not."""
        return max((high - low for low, high in self.levels.values()), default=0.0)

    @property
    def is_product(self) -> bool:
        """True where the receiver made it itself: it falls faster than the gain."""
        return self.measures.get("gain_order", 1.0) >= PRODUCT_ORDER

    def _told_kind(self) -> EmissionKind:
        """Return the kind: a narrow unknown that changes with the place is local, a product self-noise."""
        if self.is_product:
            return "self-noise"
        moved = self.hits >= NEAR_HITS and self.level_span_db >= NEAR_SPAN_DB
        return "narrowband-local" if self.kind == "unknown" and moved else self.kind

    def emission(self, bands: Bands) -> Emission:
        """Return the observation of this track."""
        channel = None
        if self.is_video or self.kind in ("wideband-local", "cofdm"):
            channel = bands.channel_at(self.center_hz)
        return Emission(
            id=track_id(self.number),
            center_hz=self.center_hz,
            bandwidth_hz=self.bandwidth_hz,
            snr_db=self.snr_db,
            kind=self._told_kind(),
            scores=self._told_scores(),
            first_ns=self.first_ns,
            last_ns=self.last_ns,
            hits=self.hits,
            service=OVERLOAD if self.is_product else self.service,
            channel=channel,
            measures=dict(sorted((self.measures | {"level_span_db": self.level_span_db}).items())),
        )

    def _told_scores(self) -> dict[str, float]:
        """Return the scores: a product of an overload is no camera and shows no picture."""
        told = dict(sorted(self.scores.items()))
        return told | {"camera": CAMERA_SCORES["self-noise"], "picture": 0.0} if self.is_product else told


class Tracks:
    """The table of transmissions; the weakest and oldest give way when it is full."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._tracks: dict[int, EmissionTrack] = {}
        self._number = 0

    def all(self) -> tuple[EmissionTrack, ...]:
        """Return every track, by frequency."""
        return tuple(sorted(self._tracks.values(), key=lambda t: (t.center_hz, t.number)))

    def add_video(
        self, detection: Detection, verdict: Identification, *, slice_hz: float, t_ns: int
    ) -> EmissionTrack:
        """Add a slice of a video signal: to the signal whose slices are near, or to a new one."""
        near = [
            t
            for t in self._tracks.values()
            if t.kind == verdict.kind
            and t.low_hz - VIDEO_REACH_HZ / 2 <= slice_hz <= t.high_hz + VIDEO_REACH_HZ / 2
        ]
        nearest = min(near, key=lambda t: abs(t.center_hz - slice_hz), default=None)
        track = nearest or self._begin(detection, verdict, t_ns)
        track.slices[slice_hz] = detection.level_dbfs
        if len(track.slices) > MAX_SLICES:
            track.slices.pop(next(iter(track.slices)))
        self._spread_video(track, detection)
        self._refresh(track, detection, verdict, t_ns)
        self._absorb(track)
        return track

    def add(
        self, detection: Detection, verdict: Identification, *, t_ns: int, whole: bool = False
    ) -> EmissionTrack:
        """Add any other stretch: to the track that it touches, or to a new one.

        ``whole``: it reaches from edge to edge, and only what has the same edges is the same.
        """
        for video in self._tracks.values():
            if video.is_video and abs(video.center_hz - detection.center_hz) <= VIDEO_REACH_HZ:
                video.last_ns = max(video.last_ns, t_ns)
                return video
        wide = detection.bandwidth_hz > 4 * JITTER_HZ
        reach = TOUCH_HZ if wide else JITTER_HZ
        reach = STEP_GAP_HZ if detection.bandwidth_hz >= 1e6 else reach
        near = [
            t
            for t in self._tracks.values()
            if not t.is_video
            and t.service == verdict.service
            and (
                abs(t.center_hz - detection.center_hz) <= TOUCH_HZ
                if whole
                else _together(t, detection, wide=wide, reach_hz=reach)
            )
        ]
        nearest = min(near, key=lambda t: abs(t.center_hz - detection.center_hz), default=None)
        track = nearest or self._begin(detection, verdict, t_ns)
        self._spread(track, detection)
        self._refresh(track, detection, verdict, t_ns)
        self._swallow(track)
        if whole:
            self._take_over(track)
        return track

    def _swallow(self, whole: EmissionTrack) -> None:
        """Splinters of a service inside a wider stretch of the same service are part of it."""
        if whole.service is None:
            return
        splinters = [
            t
            for t in self._tracks.values()
            if t is not whole
            and t.service == whole.service
            and whole.low_hz <= t.center_hz <= whole.high_hz
            and t.bandwidth_hz < whole.bandwidth_hz
        ]
        for track in splinters:
            whole.first_ns = min(whole.first_ns, track.first_ns)
            del self._tracks[track.number]

    def _take_over(self, link: EmissionTrack) -> None:
        """Join to a link whatever was taken for broadcast before the link's edges were known."""
        inside = [
            t
            for t in self._tracks.values()
            if t is not link
            and t.kind in ("known-service", "wideband-local")
            and t.low_hz >= link.low_hz - TOUCH_HZ
            and t.high_hz <= link.high_hz + TOUCH_HZ
        ]
        for track in inside:
            link.first_ns = min(link.first_ns, track.first_ns)
            del self._tracks[track.number]

    def _begin(self, detection: Detection, verdict: Identification, t_ns: int) -> EmissionTrack:
        if len(self._tracks) >= self._limit:
            worst = min(self._tracks.values(), key=lambda t: (t.scores.get("camera", 0), t.snr_db, -t.number))
            del self._tracks[worst.number]
        self._number += 1
        track = EmissionTrack(
            number=self._number,
            low_hz=detection.low_hz,
            high_hz=detection.high_hz,
            first_ns=t_ns,
            last_ns=t_ns,
            kind=verdict.kind,
            service=verdict.service,
            center_hz=detection.center_hz,
            bandwidth_hz=detection.bandwidth_hz,
        )
        self._tracks[track.number] = track
        return track

    @staticmethod
    def _spread(track: EmissionTrack, detection: Detection) -> None:
        """Widen over neighbouring slices; within one slice follow the stronger look."""
        inside = detection.low_hz >= track.low_hz and detection.high_hz <= track.high_hz
        if inside and track.hits:
            return
        track.low_hz = min(track.low_hz, detection.low_hz)
        track.high_hz = max(track.high_hz, detection.high_hz)
        span = track.high_hz - track.low_hz
        cut = span > 1.2 * detection.bandwidth_hz and span > 1e6
        track.bandwidth_hz = span if cut else detection.bandwidth_hz
        track.center_hz = (track.low_hz + track.high_hz) / 2 if cut else detection.center_hz

    @staticmethod
    def _spread_video(track: EmissionTrack, detection: Detection) -> None:
        """Centre of the slices by power, width from the first slice to the last."""
        track.low_hz = min(track.low_hz, detection.low_hz)
        track.high_hz = max(track.high_hz, detection.high_hz)
        weight = {hz: 10 ** (level / 10) for hz, level in track.slices.items()}
        track.center_hz = sum(hz * w for hz, w in weight.items()) / sum(weight.values())
        track.bandwidth_hz = track.high_hz - track.low_hz

    @staticmethod
    def _refresh(track: EmissionTrack, detection: Detection, verdict: Identification, t_ns: int) -> None:
        track.last_ns = max(track.last_ns, t_ns)
        track.hits += 1
        stronger = detection.snr_db >= track.snr_db
        track.snr_db = max(track.snr_db, detection.snr_db)
        if KIND_RANK[verdict.kind] >= KIND_RANK[track.kind]:
            track.kind, track.service = verdict.kind, verdict.service
            track.scores["camera"] = (
                max(track.scores.get("camera", 0.0), verdict.scores["camera"])
                if track.is_video
                else verdict.scores["camera"]
            )
        for name, value in verdict.scores.items():
            if name != "camera":
                track.scores[name] = max(track.scores.get(name, 0.0), value)
        if stronger or track.hits == 1:
            track.measures.update(verdict.measures)

    def _absorb(self, video: EmissionTrack) -> None:
        """Stretches seen before inside what has turned out to be video belong to it."""
        inside = [
            t
            for t in self._tracks.values()
            if not t.is_video and abs(t.center_hz - video.center_hz) <= VIDEO_REACH_HZ
        ]
        for track in inside:
            video.first_ns = min(video.first_ns, track.first_ns)
            del self._tracks[track.number]


def _together(track: EmissionTrack, detection: Detection, *, wide: bool, reach_hz: float) -> bool:
    """Whether a stretch continues a track: alike in width and touching, or a splinter inside it."""
    inside = track.low_hz <= detection.center_hz <= track.high_hz
    if inside and track.service is not None:
        return True
    touches = detection.low_hz - reach_hz <= track.high_hz and detection.high_hz + reach_hz >= track.low_hz
    return touches and (track.bandwidth_hz > 4 * JITTER_HZ) == wide


def track_id(number: int) -> str:
    """Return the name under which a track is told."""
    return f"rf-{number:04d}"


def changed(tracks: Iterable[EmissionTrack], bands: Bands) -> tuple[Emission, ...]:
    """Return the emissions of these tracks, each once, by number."""
    unique = {t.number: t for t in tracks}
    return tuple(unique[n].emission(bands) for n in sorted(unique))

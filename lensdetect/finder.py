"""The optical sense: strobed pictures in, glints out.

::

    Camera + Leds ──► exposure ──► strobe ──► align ──► candidates ──► difference ► track ► score ► Glint
                       (usable?)   (which     (wall's    (bright       (ring, off,    (fixed to   (lens or
                                    light?)    motion)    points)       side)          the wall?)  not, why)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hw.errors import EndOfRecording
from hw.protocols import Camera, Clock, Leds
from hw.types import Counts, Coverage, DeviceHealth, Frame, LedState, SensorName
from lensdetect.align import Follower, Motion
from lensdetect.candidates import REFERENCE_WIDTH_PX, background_of, find_peaks
from lensdetect.config import LensConfig
from lensdetect.coverage import CoverageMap
from lensdetect.difference import (
    MIN_PATCH_PX,
    PATCH_PX,
    Answer,
    Blob,
    compare,
    counterpart_flux,
    measure_blob,
    patch_at,
    spot_radius,
)
from lensdetect.exposure import BLOWN_SHARE, Look, examine, trouble_of
from lensdetect.model import Glint
from lensdetect.score import Judgement, judge
from lensdetect.strobe import Cycle, Strobe
from lensdetect.track import Track, Tracker

SEARCH_PX = 4  # how far from its aligned place a counterpart is looked for, at the reference width
FROZEN_FRAMES = 8  # identical pictures in a row: the camera repeats itself
SICK_FRAMES = 24  # bad pictures in a row before the sense says so
MIN_SCALE = 0.75  # blur and noise do not shrink with the picture
MIN_LIT_DN = 2.0  # ring − off on the wall below which the light does not reach it


@dataclass(frozen=True, slots=True, kw_only=True)
class LensView:
    """What a screen shows while scanning: the latest ring picture and what was seen in it."""

    frame: Frame | None
    glints: tuple[Glint, ...]
    reasons: dict[int, str]
    guidance: str
    coverage_map: NDArray[np.uint8]


class LensFinder:
    """Looks for lenses; see `firmware.sensor.Sensor`."""

    name: SensorName = "lens"

    def __init__(self, *, camera: Camera, leds: Leds, clock: Clock, config: LensConfig) -> None:
        self._camera, self._leds, self._clock, self._config = camera, leds, clock, config
        self._strobe = Strobe(rings_per_cycle=config.rings_per_cycle)
        self._tracker = Tracker(
            match_px=config.match_px,
            pose_step_px=config.pose_step_px,
            max_tracks=config.max_tracks,
            max_sightings=config.max_sightings,
        )
        self._map = CoverageMap(config)
        self._dropped: Counter[str] = Counter()
        self._read = 0
        self._size: tuple[int, int] | None = None
        self._last_look: Look | None = None
        self._last_ring: Look | None = None
        self._follower = Follower()
        self._same = self._sick = 0
        self._trouble = ""
        self._guidance = "hold"
        self._ended: EndOfRecording | None = None
        states = leds.states()
        wanted: tuple[LedState, ...] = (
            ("ring", "off", "side", "red") if config.use_red else ("ring", "off", "side")
        )
        self._states = tuple(s for s in wanted if s in states or not states)

    def step(self) -> Sequence[Glint]:
        """Do one strobe cycle: return the glints that changed."""
        if self._ended is not None:
            raise self._ended
        changed: dict[int, Track] = {}
        try:
            for state in self._states:
                self._leds.set(state)
                for _ in range(self._config.frames_per_state):
                    changed |= self._take(self._camera.read())
        except EndOfRecording as error:
            self._ended = error
            cycles = self._strobe.flush()
            self._follow_runs()
            for cycle in cycles:
                self._look_for_glints(cycle)
            raise
        return [self._glint(track) for track in changed.values()]

    def _take(self, frame: Frame) -> dict[int, Track]:
        self._read += 1
        look = self._usable(frame)
        if look is None:
            return {}
        changed: dict[int, Track] = {}
        cycles = self._strobe.push(look)
        self._follow_runs()
        for cycle in cycles:
            changed |= self._look_for_glints(cycle)
        return changed

    def _follow_runs(self) -> None:
        """Measure the hand's motion over every clean lit picture, in order of time."""
        for run in self._strobe.take_runs():
            if run.state != "off":
                for look in run.looks:
                    self._follower.push(look)

    def _usable(self, frame: Frame) -> Look | None:
        """Return the frame with its measurements, or count why it cannot be used."""
        reason = trouble_of(frame)
        look = None if reason else examine(frame)
        if look is not None:
            reason = self._doubt(look)
        if reason is None:
            self._sick = 0
            return look
        self._dropped[reason] += 1
        self._sick += 1
        if self._sick >= SICK_FRAMES:
            self._trouble = reason
        return None

    def _doubt(self, look: Look) -> str | None:
        before, self._last_look = self._last_look, look
        size = (look.frame.pixels.shape[1], look.frame.pixels.shape[0])
        if self._size is not None and size != self._size:
            self._tracker.lose_all()
            self._last_ring = None
            self._size = size
            return "size_changed"
        self._size = size
        same = before is not None and np.array_equal(before.frame.pixels, look.frame.pixels)
        self._same = self._same + 1 if same else 0
        if self._same >= FROZEN_FRAMES:
            return "frozen"
        return "blown_out" if look.blown_share > BLOWN_SHARE else None

    def _look_for_glints(self, cycle: Cycle) -> dict[int, Track]:
        changed: dict[int, Track] = {}
        for ring in cycle.rings:
            changed |= self._examine_ring(ring, cycle)
        return changed

    def _examine_ring(self, ring: Look, cycle: Cycle) -> dict[int, Track]:
        if cycle.off is None:
            self._dropped["no_off_picture"] += 1
            return {}
        lit = _median_over(ring, cycle.off)
        if lit < MIN_LIT_DN:
            self._dropped["light_does_not_reach"] += 1
            self._trouble = self._trouble or "dark"
            return {}
        self._follow(ring)
        to_off = self._follower.motion_to_dark(ring, cycle.off)
        to_side = self._follower.motion(ring, cycle.side) if cycle.side is not None else None
        gain = 1.0
        if cycle.side is not None:
            gain = lit / max(_median_over(cycle.side, cycle.off), 1.0)
            gain = float(np.clip(gain, 0.2, 5.0))
        answers = self._answers(ring, cycle, to_off, to_side, gain)
        size = self._size or (0, 0)
        seen = self._tracker.update(
            answers, frame=ring.frame.seq, t_ns=ring.frame.t_ns, size=size, scale=self._scale()
        )
        return {track.id: track for track in seen}

    def _scale(self) -> float:
        width = self._size[0] if self._size else REFERENCE_WIDTH_PX
        return max(MIN_SCALE, width / REFERENCE_WIDTH_PX)

    def _follow(self, ring: Look) -> None:
        """Carry tracks and the coverage map over from the last ring picture."""
        before, self._last_ring = self._last_ring, ring
        size = self._size or (0, 0)
        if before is None:
            self._map.add(size)
            return
        motion = self._follower.motion(before, ring)
        if motion is None:
            self._dropped["motion_unclear"] += 1
            self._tracker.lose_all()
            return
        self._tracker.move(motion)
        self._map.move(motion, size)
        seconds = (ring.frame.t_ns - before.frame.t_ns) * 1e-9
        speed = self._map.speed_m_s(motion, size, seconds) if seconds > 0 else 0.0
        too_fast = speed > self._config.max_speed_m_s * 1.5
        self._guidance = "slower" if too_fast else "hold"
        if too_fast:
            self._dropped["too_fast"] += 1
            return
        self._trouble = ""
        self._map.add(size)

    def _answers(
        self, ring: Look, cycle: Cycle, to_off: Motion, to_side: Motion | None, gain: float
    ) -> list[Answer]:
        pixels = ring.frame.pixels
        peaks, left = find_peaks(
            pixels,
            background_of(pixels),
            threshold_sigma=self._config.threshold_sigma,
            min_contrast_dn=self._config.min_contrast_dn,
            peak_over_wall=self._config.peak_over_wall,
            limit=self._config.max_candidates,
        )
        if left:
            self._dropped["too_many_candidates"] += left
        answers = []
        for peak in peaks:
            place = (peak.x_px, peak.y_px)
            blob = self._blob(pixels, place, reach_px=2)
            if blob is None:
                continue
            radius = spot_radius(blob.area)
            off = self._flux_moved(cycle.off, place, to_off, radius)
            side = self._flux_moved(cycle.side, place, to_side, radius)
            at = (float(round(place[0])), float(round(place[1])))
            answers.append(compare(blob, place=at, off_flux=off, side_flux=side, gain=gain))
        return answers

    def _blob(self, pixels: NDArray[np.uint8], place: tuple[float, float], *, reach_px: int) -> Blob | None:
        half = max(MIN_PATCH_PX, round(PATCH_PX * self._scale()))
        patch = patch_at(pixels, place[0], place[1], half)
        return None if patch is None else measure_blob(patch, reach_px=reach_px)

    def _flux_moved(
        self, look: Look | None, place: tuple[float, float], motion: Motion | None, radius_px: int
    ) -> float | None:
        if look is None or motion is None:
            return None
        x, y = motion.move(np.array([place]))[0]
        reach = max(3, round(SEARCH_PX * self._scale()))
        half = max(MIN_PATCH_PX, round(PATCH_PX * self._scale()))
        patch = patch_at(look.frame.pixels, float(x), float(y), half)
        return None if patch is None else counterpart_flux(patch, radius_px=radius_px, reach_px=reach)

    def _judge(self, track: Track) -> Judgement:
        return judge(track, self._config, scale=self._scale())

    def _glint(self, track: Track) -> Glint:
        verdict = self._judge(track)
        last = track.sightings[-1]
        return Glint(
            id=track.id,
            x_px=last.x_px,
            y_px=last.y_px,
            label=verdict.label,
            score=verdict.score,
            poses=track.poses,
            first_frame=track.first_frame,
            last_frame=track.last_frame,
            first_ns=track.first_ns,
            last_ns=track.last_ns,
            sightings=tuple(track.sightings),
            features=verdict.features,
        )

    def observations(self) -> Sequence[Glint]:
        """Return every followed point, old ones first."""
        return [self._glint(track) for track in self._tracker.tracks.values()]

    def view(self) -> LensView:
        """Return what a screen shows while scanning."""
        ring = self._last_ring.frame if self._last_ring else None
        now = [t for t in self._tracker.tracks.values() if ring is not None and t.last_frame == ring.seq]
        return LensView(
            frame=ring,
            glints=tuple(self._glint(t) for t in now),
            reasons={t.id: self._judge(t).reason for t in now},
            guidance=self._guidance,
            coverage_map=self._map.picture(),
        )

    def coverage(self) -> Coverage:
        """Return how much of the wall was looked at, in spec."""
        reasons = (self._trouble,) if self._trouble else ()
        return self._map.report(reasons)

    def counts(self) -> Counts:
        """Return frames read and what was left out, by reason."""
        dropped = self._dropped + self._strobe.dropped + Counter(motion_unclear=self._follower.unclear)
        return Counts(sensor="lens", read=self._read, dropped=dict(sorted(dropped.items())))

    def health(self) -> DeviceHealth:
        """Return how the eye is: the camera's own word first, then what the pictures say."""
        own = self._camera.health()
        if not own.ok:
            return own
        if self._trouble:
            return DeviceHealth(ok=False, reason=self._trouble, hint="")
        modulation = self._strobe.modulation()
        if modulation is not None and modulation < 1.05:
            return DeviceHealth(ok=False, reason="led_dead")
        return DeviceHealth(ok=True)

    def close(self) -> None:
        """Switch the lights off and let go of the camera."""
        self._leds.set("off")
        self._leds.close()
        self._camera.close()


def _median_over(lit: Look, off: Look) -> float:
    """Return how much brighter the wall is than with the lights off, in DN."""
    if lit.small.shape != off.small.shape:
        return 0.0
    return float(np.median(lit.small)) - float(np.median(off.small))

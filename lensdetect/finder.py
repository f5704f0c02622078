"""The optical sensor: steps the strobe, follows the answers, and hands out glints and coverage.

::

    Camera + Leds ─► frame_quality ─► light_schedule, ─► align ─► cycle_analysis: ─► track ─► score ► Glint
                     (usable, sharp,  strobe             (wall's  candidates,        (fixed   (lens or
                     not drifting?)   (which light?)     motion)  led_response       to it?)  not, why)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hw.errors import EndOfRecording, HwError
from hw.light_guard import guarded, refusals_of
from hw.protocols import Camera, Clock, Leds
from hw.types import Counts, Coverage, DeviceHealth, Frame, LedState, SensorName
from lensdetect.align import MotionFollower
from lensdetect.calibration import Calibration
from lensdetect.config import LensConfig
from lensdetect.coverage import CoverageMap
from lensdetect.cycle_analysis import Glance, flashes_at_side, glance, most_points, scale_of
from lensdetect.frame_quality import HINTS, Watch
from lensdetect.frame_stats import FrameStats
from lensdetect.guidance import GuidanceKey, Situation, guide
from lensdetect.led_assignment import Polarity, one_light_answers
from lensdetect.light_schedule import LightSchedule
from lensdetect.model import Glint, LensView
from lensdetect.safety import plan_strobe
from lensdetect.score import Judgement, judge
from lensdetect.shading import Ranger, Shade, focal_px, shade_of
from lensdetect.strobe import Cycle, Strobe
from lensdetect.track import GlintTrack, Tracker

USUAL_RATE_HZ = 60.0  # pictures a second, where nobody says
MIN_LIT_DN = 2.0  # ring − off on the wall below which the light does not reach it
SUSPECT_SCORE = 0.3  # from here on the inspector is led around a point that is not decided yet
LITTLE_COVERAGE = 0.05  # below this it is said what cost most pictures
UNREADABLE = ("undecodable", "bad_line", "unknown_light")  # what a recorded camera leaves out
RECORDED = "replay"
COMPARED = frozenset({"lens", "reflector", "specular", "lamp"})  # told by comparing lights
NOT_LENS = COMPARED - {"lens"}


def _wanted_states(config: LensConfig, there: tuple[LedState, ...]) -> tuple[LedState, ...]:
    """Return the lights of one strobe cycle, of those that there are (all, where nobody knows)."""
    wanted: tuple[LedState, ...] = (
        "ring",
        "off",
        "side",
        *(() if config.side2_offset_m is None else ("side2",)),
        *(("red",) if config.use_red else ()),
    )
    return tuple(s for s in wanted if s in there or not there)


class LensFinder:
    """Looks for lenses; see `firmware.sensor.Sensor`."""

    name: SensorName = "lens"

    def __init__(
        self,
        *,
        camera: Camera,
        leds: Leds,
        clock: Clock,
        config: LensConfig,
        calibration: Calibration | None = None,
        rate_hz: float = USUAL_RATE_HZ,
    ) -> None:
        self._camera, self._config, self._clock = camera, config, clock
        self._schedule = LightSchedule()
        self._leds = guarded(leds, clock=clock, config=config.lights)
        live = getattr(leds.info(), "backend", RECORDED) != RECORDED
        self._commands = live or self._leds.replays_switches  # else they change nothing
        self._watch, self._follower = Watch(white_dn=config.white_dn), MotionFollower()
        lights = leds.states()
        wanted = _wanted_states(config, lights)
        self._strobe = Strobe(
            rings_per_cycle=config.rings_per_cycle,
            has_side=not lights or "side" in lights,
            has_side2="side2" in wanted,
        )
        self._tracker = Tracker(
            match_px=config.match_px,
            pose_step_px=config.pose_step_px,
            max_tracks=config.max_tracks,
            max_sightings=config.max_sightings,
        )
        self._polarity = Polarity()
        self._map = CoverageMap(config)
        self._ranger = Ranger(
            side_offset_m=config.side_offset_m,
            side_angle_deg=config.side_angle_deg,
            factor=config.distance_factor or 1.0,
        )
        self._hot = frozenset(calibration.hot_pixels) if calibration else frozenset()
        self._last_ring: FrameStats | None = None
        self._distance_m: float | None = None
        self._lit_dn = 0.0
        self._too_fast = self._lit_now = False
        self._cycle_ns: int | None = None
        self._most_points = config.max_candidates
        self._shade: Shade | None = None
        self._judged: dict[int, tuple[tuple[int, int, int], Judgement]] = {}
        self._ended: EndOfRecording | None = None
        self._states = plan_strobe(
            wanted,
            state_s=config.frames_per_state / rate_hz,
            lights=config.lights,
        )

    def step(self) -> Sequence[Glint]:
        """Do one strobe cycle: return the glints that changed."""
        if self._ended is not None:
            raise self._ended
        changed: dict[int, GlintTrack] = {}
        try:
            for state in self._states:
                self._leds.set(state)
                self._note_switches()
                for _ in range(self._config.frames_per_state):
                    changed |= self._take(self._camera.read())
                    self._leds.tick()
                    self._note_switches()
        except EndOfRecording as error:
            self._ended = error
            self.finish()
            raise
        except HwError:
            self._leds.set("off")
            raise
        return [self._glint(track) for track in changed.values()]

    def _note_switches(self) -> None:
        for switch in self._leds.take_switches():
            self._schedule.command(switch.state, switch.t_ns)

    def finish(self) -> None:
        """Judge the strobe cycle that is pending: nothing more will come."""
        self._finish(self._strobe.flush())

    def _take(self, frame: Frame) -> dict[int, GlintTrack]:
        look = self._watch.look(frame)
        if self._watch.resized:
            self._tracker.lose_all()
            self._map.lose()
            self._ranger.forget()
            self._distance_m = None
            self._last_ring = None
        if look is None:
            return {}
        commanded = None if frame.led is not None else self._schedule.label(look)
        changed = self._finish(self._strobe.push(look, commanded=commanded))
        self._watch.light(self._strobe.modulation(), lit=self._lit_now)
        return changed

    def _finish(self, cycles: Sequence[Cycle]) -> dict[int, GlintTrack]:
        """Measure the hand's motion over every clean picture, then look at the new cycles."""
        self._lit_now = False
        for run in self._strobe.take_runs():
            for look in run.looks:
                self._follower.push(look, lit=run.state != "off")
        changed: dict[int, GlintTrack] = {}
        for cycle in cycles:
            for ring in cycle.rings:
                changed |= self._examine(ring, cycle)
        return {i: track for i, track in changed.items() if i in self._tracker.tracks}

    def _examine(self, ring: FrameStats, cycle: Cycle) -> dict[int, GlintTrack]:
        if cycle.off is None:
            self._watch.dropped["no_off_picture"] += 1
            return {}
        first = ring is cycle.rings[0]
        if first:
            self._watch.sharpness.note(ring.frame.pixels)
            before_ns, self._cycle_ns = self._cycle_ns, ring.frame.t_ns
            seconds = 0.0 if before_ns is None else (ring.frame.t_ns - before_ns) * 1e-9 / len(cycle.rings)
            self._most_points = most_points(self._config, seconds=seconds)
        seen = glance(
            ring,
            cycle,
            follower=self._follower,
            config=self._config,
            hot_pixels=self._hot,
            distance_m=self._distance_m,
            shade=None if first else self._shade,
            limit=self._most_points,
        )
        self._lit_dn, self._shade = seen.lit_dn, seen.shade
        if seen.lit_dn < MIN_LIT_DN:
            self._watch.drop("light_does_not_reach")
            if not seen.answers:
                return {}
        bright = self._watch.outshone(seen.lit_dn, cycle.off.middle_dn)
        self._lit_now = seen.lit_dn >= MIN_LIT_DN and not bright
        if first and not (cycle.labelled or (cycle.commanded and self._commands)):
            self._check_polarity(seen, ring, cycle)
        if seen.left_out:
            self._watch.dropped["too_many_candidates"] += seen.left_out
        if first and self._config.distance_factor is not None:
            self._measure_distance(ring, cycle, seen)
        self._follow(ring, examined=not seen.left_out)
        rows, columns = ring.frame.pixels.shape
        tracks = self._tracker.update(
            list(seen.answers),
            frame=ring.frame.seq,
            t_ns=ring.frame.t_ns,
            size=(columns, rows),
            scale=scale_of(columns),
        )
        self._note_side_flashes(ring, cycle, seen)
        return {track.id: track for track in tracks}

    def _measure_distance(self, ring: FrameStats, cycle: Cycle, seen: Glance) -> None:
        """Take note of how the lights lie on the wall, with the side light before and after the ring."""
        rows, columns = ring.frame.pixels.shape
        middle, focal = np.array([[columns / 2, rows / 2]]), focal_px(columns, self._config.field_of_view_deg)
        for side in cycle.sides:
            motion = self._follower.motion(ring, side)
            if motion is None or seen.wall is None:
                continue
            between = seen.shade if side is cycle.side else shade_of(seen.wall, side, to_side=motion)
            if between is not None:
                self._ranger.note(between, way=(motion.move(middle) - middle)[0] / focal)
        self._distance_m = self._ranger.distance_m()
        self._map.look_from(self._distance_m)

    def _note_side_flashes(self, ring: FrameStats, cycle: Cycle, seen: Glance) -> None:
        if not np.isfinite(seen.gain):
            return
        for track in self._tracker.missed:
            usual = sorted(a.flux_dn_px for a in track.answers[-5:])[len(track.answers[-5:]) // 2]
            place = (track.x_px, track.y_px)
            if flashes_at_side(ring, cycle, place, flux_dn_px=usual, follower=self._follower, gain=seen.gain):
                track.flash_at_side()

    def _check_polarity(self, seen: Glance, ring: FrameStats, cycle: Cycle) -> None:
        """Look at the cycle with ring and side exchanged; if that is how it answers, exchange them."""
        if cycle.side is None:
            return
        turned = Cycle(rings=(cycle.side,), off=cycle.off, side=ring, red=cycle.red, labelled=False)
        other = glance(cycle.side, turned, follower=self._follower, config=self._config)
        swap = self._polarity.vote(
            as_read=one_light_answers(seen.answers), other=one_light_answers(other.answers)
        )
        if swap:
            self._polarity.forget()
            self._strobe.swap_lights()
            self._tracker.tracks.clear()
            self._watch.dropped["lights_exchanged"] += 1

    def _follow(self, ring: FrameStats, *, examined: bool) -> None:
        """Carry tracks and the coverage map over from the last ring picture.

        Only a lit, sharp picture of a locked camera in which every answer was ``examined`` counts as a look.
        """
        looked = examined and self._lit_now and bool(self._watch.sharpness.proven) and not self._watch.drifts
        before, self._last_ring = self._last_ring, ring
        size = (ring.frame.pixels.shape[1], ring.frame.pixels.shape[0])
        motion = None if before is None else self._follower.motion(before, ring)
        if before is None:
            if looked:
                self._map.add(size)
            return
        if motion is None:
            self._watch.dropped["motion_unclear"] += 1
            self._tracker.lose_all()
            self._map.lose()
            return
        self._tracker.move(motion)
        self._map.move(motion, size)
        seconds = (ring.frame.t_ns - before.frame.t_ns) * 1e-9
        speed = self._map.speed_m_s(motion, size, seconds) if seconds > 0 else 0.0
        self._too_fast = speed > self._config.max_speed_m_s * 1.5
        if self._too_fast:
            self._watch.dropped["too_fast"] += 1
        elif looked:
            self._map.add(size)

    def _judge(self, track: GlintTrack) -> Judgement:
        state = (track.seen, track.looked, len(track.side_ratios))
        known = self._judged.get(track.id)
        if known is not None and known[0] == state:
            return known[1]
        verdict = judge(track, self._config, size=self._watch.size or (1, 1))
        doubtful = COMPARED if self._watch.drifts else NOT_LENS if self._watch.too_bright else frozenset()
        if verdict.label in doubtful:
            verdict = replace(verdict, label="unsure", reason="undecided")
        self._judged[track.id] = (state, verdict)
        if len(self._judged) > 2 * self._config.max_tracks:
            self._judged = {i: v for i, v in self._judged.items() if i in self._tracker.tracks}
        return verdict

    def _glint(self, track: GlintTrack) -> Glint:
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

    def reasons(self) -> dict[int, str]:
        """Return the reasons of each glint's label, as message keys by id."""
        return {track.id: self._judge(track).reason for track in self._tracker.tracks.values()}

    def view(self) -> LensView:
        """Return the view of the scan for a screen."""
        ring = self._last_ring.frame if self._last_ring else None
        now = [t for t in self._tracker.tracks.values() if ring is not None and t.last_frame == ring.seq]
        return LensView(
            frame=ring,
            glints=tuple(self._glint(t) for t in now),
            reasons={t.id: self._judge(t).reason for t in now},
            guidance=self._guidance(now),
            coverage_map=self._map.picture(),
            distance_m=self._distance_m,
        )

    def _guidance(self, now: Sequence[GlintTrack]) -> GuidanceKey:
        width = self._watch.size[0] if self._watch.size else 1
        judged = [(self._judge(t), t) for t in now]
        suspects = [(j, t) for j, t in judged if j.label == "unsure" and j.score >= SUSPECT_SCORE]
        best = max(suspects, key=lambda pair: (pair[0].score, -pair[1].id), default=None)
        f: Mapping[str, float] = {} if best is None else best[0].features
        track = None if best is None else best[1]
        return guide(
            Situation(
                trouble=self._watch.trouble,
                too_fast=self._too_fast,
                too_far=self._map.too_far,
                lit_wall_dn=self._lit_dn,
                suspect_x_share=None if track is None else track.x_px / width,
                suspect_seen_left=track is not None and track.seen_left,
                suspect_seen_right=track is not None and track.seen_right,
                suspect_beside_mrad=0.0 if self._distance_m is None else f.get("beside_mrad", 0.0),
                suspect_contrast_dn=f.get("contrast_dn", math.inf),
            )
        )

    def coverage(self) -> Coverage:
        """Return the share of the wall that was looked at; pictures that show nothing add nothing."""
        reason = self._watch.trouble
        if not reason and self._map.share() < LITTLE_COVERAGE:
            dropped = self.counts().dropped
            reason = min(dropped, key=lambda why: (-dropped[why], why), default="")
        return self._map.report((reason,) if reason else ())

    def coverage_map(self) -> NDArray[np.uint8]:
        """Return the map of the wall: number of view angles (0…3) a cell, for drawing."""
        return self._map.picture()

    def counts(self) -> Counts:
        """Return frames read and what was left out, by reason."""
        dropped = self._watch.dropped + self._strobe.dropped + refusals_of(self._leds)
        told = self._camera.health().numbers
        dropped.update({why: round(told[why]) for why in UNREADABLE if told.get(why)})
        if self._follower.unclear:
            dropped["motion_unclear"] += self._follower.unclear
        return Counts(sensor="lens", read=self._watch.read, dropped=dict(sorted(dropped.items())))

    def health(self) -> DeviceHealth:
        """Return the health of camera and lights by their own word, then by the pictures."""
        for device in (self._camera, self._leds):
            own = device.health()
            if not own.ok:
                return own
        trouble = self._watch.trouble
        return DeviceHealth(ok=not trouble, reason=trouble, hint=HINTS.get(trouble, ""))

    def close(self) -> None:
        """Switch the lights off and let go of the camera."""
        try:
            self._leds.close()
        finally:
            self._camera.close()

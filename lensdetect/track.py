"""Follows bright points from pose to pose by the motion of the wall behind them.

A lens is fixed to the wall; the mirror image of our own lamp in a tile walks over it. Each track keeps where
it should be if it were fixed (``anchor``), so that the difference can be measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lensdetect.align import Motion
from lensdetect.led_response import LedResponse
from lensdetect.model import Sighting
from lensdetect.order_stats import median

T = TypeVar("T")
FLASH_RATIO = 10.0  # stands for an answer to the side light alone
MAX_ANSWERS = 128  # measurements kept of one track
MIN_LOOKS_BEYOND = 3  # looks from which on an angle counts as tried
MAX_MISSES = 12  # looks without an answer after which a point is no longer followed
FAST_SHARE = 0.05  # of the way since the last look by which a prediction may err,
FAST_MOST = 2.5  # up to so many times the usual reach
LOST_AFTER_PX = 60.0  # how far outside the picture a point is still followed


@dataclass(slots=True)
class GlintTrack:
    """One point of the wall that answered at least once."""

    id: int
    x_px: float
    y_px: float
    first_frame: int
    first_ns: int
    last_frame: int = 0
    last_ns: int = 0
    anchor: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    start: NDArray[np.float64] = field(default_factory=lambda: np.zeros(2))
    posed_at: NDArray[np.float64] = field(default_factory=lambda: np.full(2, np.inf))
    poses: int = 0
    seen: int = 0
    looked: int = 0  # ring pictures in which its place was in view
    looked_until_seen: int = 0  # of them, up to its last sighting
    misses: int = 0
    alive: bool = True
    answers: list[LedResponse] = field(default_factory=list)
    side_ratios: list[float] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    paths: list[tuple[float, float, float, float]] = field(default_factory=list)
    sides: list[int] = field(default_factory=lambda: [0, 0])
    seen_by_angle: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))
    looked_by_angle: NDArray[np.int64] = field(default_factory=lambda: np.zeros(4, np.int64))

    @property
    def seen_left(self) -> bool:
        """Return whether it was seen left of the middle: looked at from its right."""
        return self.sides[0] > 0

    @property
    def seen_right(self) -> bool:
        """Return whether it was seen right of the middle."""
        return self.sides[1] > 0

    def slip(self) -> float:
        """Return the share of the wall's motion that this point did not follow (0 fixed, 1 with the hand)."""
        if len(self.paths) < 3:
            return 0.0
        path = np.array(self.paths)
        wall, point = path[:, :2] - path[:, :2].mean(0), path[:, 2:] - path[:, 2:].mean(0)
        travel = float((wall**2).sum())
        if travel < len(path) * 4.0:  # less than 2 px of motion says nothing
            return 0.0
        return float(abs(1.0 - (wall * point).sum() / travel))

    def lost_beyond(self) -> int | None:
        """Return the ring of the picture (1…3 quarters outward) from which on it never answered, or None."""
        seen = np.nonzero(self.seen_by_angle)[0]
        if not len(seen) or seen[-1] + 1 >= len(self.seen_by_angle):
            return None
        beyond = int(seen[-1]) + 1
        return beyond if int(self.looked_by_angle[beyond:].sum()) >= MIN_LOOKS_BEYOND else None

    def seen_everywhere(self) -> bool:
        """Return whether it answered from every part of the picture."""
        return bool(np.all(self.seen_by_angle >= MIN_LOOKS_BEYOND))

    def flash_at_side(self) -> None:
        """Take note that it answered the side light while the ring saw nothing: a facet, not a lens."""
        _append(self.side_ratios, FLASH_RATIO, MAX_ANSWERS)

    def travel_px(self) -> float:
        """Return the distance that the wall moved while this point was seen."""
        if len(self.paths) < 2:
            return 0.0
        wall = np.array(self.paths)[:, :2]
        return float(np.hypot(*(wall.max(0) - wall.min(0))))


class Tracker:
    """Associates answers with tracks; bounded."""

    def __init__(self, *, match_px: float, pose_step_px: float, max_tracks: int, max_sightings: int) -> None:
        self._match_px, self._pose_step_px = match_px, pose_step_px
        self._max_tracks, self._max_sightings = max_tracks, max_sightings
        self._next_id = 1
        self.tracks: dict[int, GlintTrack] = {}
        self.missed: list[GlintTrack] = []  # of the last update: in view, but no answer
        self.forgotten = 0
        self._moved_px = 0.0  # how far the wall went since the last look

    def move(self, motion: Motion) -> None:
        """Carry every followed point along with the wall."""
        alive = [t for t in self.tracks.values() if t.alive]
        if not alive:
            return
        before = np.array([(t.x_px, t.y_px) for t in alive])
        places = motion.move(before)
        self._moved_px = median(np.hypot(*(places - before).T))
        anchors = motion.move(np.array([t.anchor for t in alive]))
        for track, place, anchor in zip(alive, places, anchors, strict=True):
            track.x_px, track.y_px, track.anchor = float(place[0]), float(place[1]), anchor

    def lose_all(self) -> None:
        """Stop following every point: the wall's motion over this gap is unknown."""
        for track in self.tracks.values():
            track.alive = False

    def update(
        self, answers: list[LedResponse], *, frame: int, t_ns: int, size: tuple[int, int], scale: float
    ) -> list[GlintTrack]:
        """Match the answers of one ring picture; return the tracks that were seen."""
        alive = [t for t in self.tracks.values() if t.alive]
        reach = max(1.0, min(FAST_SHARE * self._moved_px / (self._match_px * scale), FAST_MOST))
        pairs = self._pair(alive, answers, reach * self._match_px * scale)
        seen, used = [], set()
        self.missed = []
        for track in alive:
            inside = self._look_at(track, size)
            index = pairs.get(track.id)
            if index is None:
                track.misses += int(inside)
                if inside:
                    self.missed.append(track)
                if track.misses > MAX_MISSES:
                    track.alive = False
                continue
            used.add(index)
            self._see(track, answers[index], frame=frame, t_ns=t_ns, scale=scale, size=size)
            seen.append(track)
        for index, answer in enumerate(answers):
            if index not in used:
                seen.append(self._begin(answer, frame=frame, t_ns=t_ns, scale=scale, size=size))
        self._prune()
        return seen

    def _pair(self, tracks: list[GlintTrack], answers: list[LedResponse], reach_px: float) -> dict[int, int]:
        if not tracks or not answers:
            return {}
        a = np.array([(t.x_px, t.y_px) for t in tracks])
        b = np.array([(g.x_px, g.y_px) for g in answers])
        distance = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
        pairs: dict[int, int] = {}
        taken: set[int] = set()
        for flat in np.argsort(distance, axis=None, kind="stable"):
            i, j = divmod(int(flat), len(answers))
            if distance[i, j] > reach_px:
                break
            if tracks[i].id not in pairs and j not in taken:
                pairs[tracks[i].id] = j
                taken.add(j)
        return pairs

    def _look_at(self, track: GlintTrack, size: tuple[int, int]) -> bool:
        width, height = size
        x, y = track.x_px, track.y_px
        if not (-LOST_AFTER_PX < x < width + LOST_AFTER_PX and -LOST_AFTER_PX < y < height + LOST_AFTER_PX):
            track.alive = False
        margin = 0.02 * width
        inside = margin <= x < width - margin and margin <= y < height - margin
        if inside:
            track.looked += 1
            track.looked_by_angle[angle_bin(x, y, size)] += 1
        return inside

    def _begin(
        self, answer: LedResponse, *, frame: int, t_ns: int, scale: float, size: tuple[int, int]
    ) -> GlintTrack:
        track = GlintTrack(self._next_id, answer.x_px, answer.y_px, frame, t_ns)
        track.anchor = track.start = np.array([answer.x_px, answer.y_px])
        self._next_id += 1
        self.tracks[track.id] = track
        self._look_at(track, size)
        self._see(track, answer, frame=frame, t_ns=t_ns, scale=scale, size=size)
        return track

    def _see(
        self,
        track: GlintTrack,
        answer: LedResponse,
        *,
        frame: int,
        t_ns: int,
        scale: float,
        size: tuple[int, int],
    ) -> None:
        track.x_px, track.y_px = answer.x_px, answer.y_px
        track.last_frame, track.last_ns = frame, t_ns
        track.seen, track.misses = track.seen + 1, 0
        track.looked_until_seen = max(track.looked, track.seen)
        side = int(answer.x_px >= size[0] / 2)
        track.sides[side] += 1
        track.seen_by_angle[angle_bin(answer.x_px, answer.y_px, size)] += 1
        _append(track.answers, answer, MAX_ANSWERS)
        if np.isfinite(answer.side_ratio):
            _append(track.side_ratios, answer.side_ratio, MAX_ANSWERS)
        _append(
            track.sightings, Sighting(frame=frame, x_px=answer.x_px, y_px=answer.y_px), self._max_sightings
        )
        _append(track.paths, (*track.anchor, answer.x_px, answer.y_px), MAX_ANSWERS)
        if not np.hypot(*(track.posed_at - track.anchor)) < self._pose_step_px * scale:
            track.poses += 1
            track.posed_at = track.anchor.copy()

    def _prune(self) -> None:
        """Forget the least seen points that are no longer followed, then the least seen of all."""
        extra = len(self.tracks) - self._max_tracks
        if extra <= 0:
            return
        worst = sorted(self.tracks.values(), key=lambda t: (t.alive, t.poses, t.last_ns, t.id))
        for track in worst[:extra]:
            del self.tracks[track.id]
        self.forgotten += extra


def angle_bin(x_px: float, y_px: float, size: tuple[int, int]) -> int:
    """Return the quarter of the way from the middle to the side edge in which a point is.

    Parameters
    ----------
    x_px, y_px : float
        The point.
    size : (int, int)
        Width and height of the picture, px.

    Returns
    -------
    int
        0…3; beyond the side edge 3.
    """
    reach = np.hypot(x_px - size[0] / 2, y_px - size[1] / 2) / (size[0] / 2)
    return min(3, int(4 * reach))


def _append(values: list[T], value: T, limit: int) -> None:
    """Append; when full, drop every second of the older half, so that both ends stay known."""
    values.append(value)
    if len(values) > limit:
        half = len(values) // 2
        values[:half] = values[:half:2]

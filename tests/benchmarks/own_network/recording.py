"""The container that all three sources fill: frames with their times, and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hw.types import Dot11Batch

CAMERA = "camera"
CARRIERS = ("phone-hotspot", "travel-router")  # what cameras are most easily mistaken for
OTHERS = (*CARRIERS, "printer-direct", "tv-direct", "cast-setup", "dashcam")
HEARD_S = 20.0
CHANNEL_MHZ = 2437
SNAP_BYTES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Twenty seconds of one channel; ``bssid`` is the network that the question is about."""

    kind: str
    source: str
    bssid: str
    batches: tuple[Dot11Batch, ...]

    @property
    def camera(self) -> bool:
        """Tell whether the network is a camera's."""
        return self.kind == CAMERA


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame on the air: when its first bit came (µs), its first bytes, and its whole length."""

    t_us: float
    head: bytes
    wire_bytes: int


def batches_of(frames: list[Frame], *, link_type: int = 127) -> tuple[Dot11Batch, ...]:
    """Put frames into batches of one second each."""
    frames = sorted((f for f in frames if 0 <= f.t_us < HEARD_S * 1e6), key=lambda f: f.t_us)
    seconds = np.array([f.t_us for f in frames]) // 1e6
    return tuple(
        _batch([frames[k] for k in np.flatnonzero(seconds == s)], s, link_type) for s in range(int(HEARD_S))
    )


def _batch(frames: list[Frame], second: int, link_type: int) -> Dot11Batch:
    kept = [f.head[:SNAP_BYTES] for f in frames]
    lengths = np.array([len(k) for k in kept], np.int64)
    starts = np.cumsum(lengths) - lengths
    return Dot11Batch(
        t_ns=second * 10**9,
        until_ns=(second + 1) * 10**9,
        channel_hz=CHANNEL_MHZ * 1e6,
        link_type=link_type,
        buffer=b"".join(kept),
        starts=starts,
        lengths=lengths,
        wire_lengths=np.array(
            [max(f.wire_bytes, len(k)) for f, k in zip(frames, kept, strict=True)], np.int64
        ),
        times_ns=np.array([round(f.t_us * 1000) for f in frames], np.int64),
    )

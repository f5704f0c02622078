"""A Wi-Fi adapter in monitor mode: captures frames in batches, as the kernel delivers them; sends nothing."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hw.config import HwConfig, MonitorConfig
from hw.errors import DeviceBusy, DeviceLost, DeviceMissing, HwError, Reason
from hw.formats.radiotap_channel import channel_mhz
from hw.liveness import LateFrames, Silence, trouble_of_air
from hw.pi.adapter import (
    LINK_TYPES,
    MonitorInterface,
    hardware_type,
    listen,
    own_address,
    set_up_or_down,
)
from hw.pi.af_packet import RETIRE_MS, Frames, PacketRing, columns
from hw.pi.held_device import HeldHandle, PiDevice
from hw.pi.nl80211 import HZ_PER_MHZ, Wireless, open_wireless, widths
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, Dot11Batch

# Frames heard just before the end of a dwell are handed over by then.
LAST_BLOCK_S = (RETIRE_MS + 2) * 1e-3
SYS = Path("/sys")
RADIOTAP = 127
ASKED_FRAMES = 16  # of each read, whose channel is compared
LONGEST_RADIOTAP = 256
LAST_CHANNELS = 8  # visits before: some seconds
AIR_HINTS = {
    Reason.SILENT: "The Wi-Fi adapter answers and hears nothing. Unplug it and plug it in again.",
    Reason.LATE: "The Wi-Fi adapter reports what was on the air before. Unplug it and plug it in again.",
}


class ListeningHandle(NamedTuple):
    """The open capture and the monitor interface behind it."""

    ring: PacketRing
    listening: MonitorInterface


class PiMonitor(PiDevice[ListeningHandle]):
    """A `MonitorRadio` over one adapter. Opened again, it returns to its last channel."""

    def __init__(
        self,
        config: MonitorConfig,
        clock: Clock,
        *,
        connect_wireless: Callable[[], Wireless] = open_wireless,
        sys_root: Path = SYS,
    ) -> None:
        self._config = config
        self._clock = clock
        self._connect_wireless = connect_wireless
        self._sys_root = sys_root
        self._channel_hz: float | None = None
        self._since_wall_ns = 0
        self._refused: set[tuple[int, int]] = set()
        self._heard = 0
        self._lost = 0
        self._silence, self._late = Silence(), LateFrames()
        self._visited: deque[int] = deque(maxlen=LAST_CHANNELS)
        held = HeldHandle(self._connect, _disconnect)
        super().__init__(DeviceInfo(role="monitor", backend="pi", name="Wi-Fi"), held)
        held.open()
        listening = held.hold().listening
        channels = f"{len(listening.channels_mhz)} channels"
        self._info = DeviceInfo(
            role="monitor",
            backend="pi",
            name=listening.name,
            detail=channels,
            serial=own_address(listening.name, sys_root=sys_root),
        )

    def _connect(self) -> ListeningHandle:
        listening = self._listen()
        try:
            ring = PacketRing(listening.name, snap_length=self._config.snap_length)
        except HwError:
            listening.undo()
            raise
        capture = ListeningHandle(ring, listening)
        if ring.hardware_type not in LINK_TYPES:
            _disconnect(capture)
            raise DeviceMissing(
                f"{listening.name} is not in monitor mode",
                hint=f"Set hw.monitor.interface to a wireless adapter: iw dev {listening.name} info.",
                reason=Reason.GARBAGE,
            )
        self._refused.clear()
        if self._channel_hz is not None and listening.wireless is not None:
            try:
                self._retune(capture, self._channel_hz)
            except HwError:
                _disconnect(capture)
                raise
        return capture

    def _listen(self) -> MonitorInterface:
        """Find the adapter; an interface that monitors already needs no nl80211 at all."""
        name = self._config.interface
        if name is not None and hardware_type(name) in LINK_TYPES:
            listening = self._as_it_is(name)
            set_up_or_down(name, up=True)
            return listening
        wireless = self._connect_wireless()
        try:
            listening = listen(wireless, wanted=name, sys_root=self._sys_root)
        except HwError:
            wireless.close()
            raise
        listening.steps_back.insert(0, wireless.close)
        return listening

    def _as_it_is(self, name: str) -> MonitorInterface:
        try:
            wireless = self._connect_wireless()
        except HwError:
            return MonitorInterface(name=name, index=0)
        mine = next((i for i in wireless.interfaces() if i.name == name), None)
        if mine is None:
            wireless.close()
            return MonitorInterface(name=name, index=0)
        adapter = next((a for a in wireless.adapters() if a.phy == mine.phy), None)
        return MonitorInterface(
            name=name,
            index=mine.number,
            channels_mhz=adapter.channels_mhz if adapter else (),
            generations=adapter.generations if adapter else {},
            wireless=wireless,
            steps_back=[wireless.close],
        )

    def channels_hz(self) -> tuple[float, ...]:
        """Return the primary channels that adapter and local rules allow; empty: one fixed channel."""
        mhz = self._held.hold().listening.channels_mhz
        return tuple(float(m * HZ_PER_MHZ) for m in mhz)

    def generations(self) -> Mapping[str, int]:
        """Return the newest Wi-Fi generation it decodes, by band; empty where the kernel does not say."""
        return dict(self._held.hold().listening.generations)

    def set_channel(self, *, center_hz: float) -> None:
        """Tune to a channel. A capture that nothing can tune stays where it is."""
        capture = self._held.hold()
        if capture.listening.wireless is None:
            return
        try:
            self._retune(capture, center_hz)
        except DeviceLost as error:
            raise self._held.lose(error) from error
        self._channel_hz = center_hz

    def _retune(self, capture: ListeningHandle, center_hz: float) -> None:
        """Try the widest channel first; what a driver refuses once is not asked again."""
        wireless, mhz = capture.listening.wireless, round(center_hz / HZ_PER_MHZ)
        assert wireless is not None  # noqa: S101
        refusal: HwError = DeviceMissing(f"The Wi-Fi adapter cannot tune to {mhz} MHz")
        for width, middle_mhz in widths(mhz):
            if (mhz, width) in self._refused:
                continue
            try:
                wireless.set_channel(capture.listening.index, mhz=mhz, width=width, middle_mhz=middle_mhz)
            except (DeviceLost, DeviceBusy):
                raise
            except HwError as error:
                refusal = error
                self._refused.add((mhz, width))
            else:
                self._since_wall_ns = time.time_ns()
                self._visited.append(mhz)
                return
        raise refusal

    def read(self, *, duration_s: float) -> Dot11Batch:
        """Listen for ``duration_s`` and return the captured frames."""
        capture = self._held.hold()
        start_ns = self._clock.now_ns()
        blocks: list[bytes] = []
        end = time.monotonic() + duration_s
        try:
            while (left_s := end - time.monotonic()) > 0:
                capture.ring.wait(left_s)
                blocks += capture.ring.take()
            capture.ring.wait(LAST_BLOCK_S)
            blocks += capture.ring.take()
            lost = capture.ring.lost()
        except DeviceLost as error:
            raise self._held.lose(error) from error
        return self._batch(capture, columns(blocks), start_ns, lost)

    def _batch(self, capture: ListeningHandle, frames: Frames, start_ns: int, lost: int) -> Dot11Batch:
        """Put wall-clock times onto the session's clock; leave out what came before the channel was set."""
        until_ns = self._clock.now_ns()
        wall_to_session = until_ns - time.time_ns()
        current = frames.times_ns >= self._since_wall_ns
        dropped = {"before_retune": int(np.count_nonzero(~current))}
        times_ns = np.clip(frames.times_ns[current] + wall_to_session, 0, until_ns)
        self._heard += len(times_ns)
        self._lost += lost
        batch = Dot11Batch(
            t_ns=start_ns,
            until_ns=until_ns,
            channel_hz=self._channel_hz,
            link_type=LINK_TYPES[capture.ring.hardware_type],
            buffer=frames.buffer,
            starts=frames.starts[current],
            lengths=frames.lengths[current],
            wire_lengths=frames.wire_lengths[current],
            times_ns=times_ns,
            lost=lost,
            dropped={reason: n for reason, n in dropped.items() if n},
        )
        self._watch(batch)
        return batch

    def _watch(self, batch: Dot11Batch) -> None:
        """Compare with what was heard before: neither silence nor late frames may look like a quiet room."""
        before = batch.dropped.get("before_retune", 0)
        span_s = max(0, batch.until_ns - batch.t_ns) * 1e-9
        self._silence.push(batch.channel_hz, batch.times_ns, span_s=span_s)
        if before:
            self._late.push(batch.until_ns, frames=before, late=before)
        asked = batch.starts[:ASKED_FRAMES].tolist() if batch.link_type == RADIOTAP else []
        if batch.channel_hz is None or not asked:
            return
        now_mhz = round(batch.channel_hz / HZ_PER_MHZ)
        named = [channel_mhz(batch.buffer[at : at + LONGEST_RADIOTAP]) for at in asked]
        for mhz in set(self._visited) - {now_mhz}:
            self._late.push(batch.until_ns, frames=0, late=named.count(mhz), of_channel=mhz)
        self._late.push(batch.until_ns, frames=len(asked), late=0)

    def health(self) -> DeviceHealth:
        """Return the health of the adapter, with the frames captured and lost so far.

        One that hears nothing where it heard before, or reports frames late, is not well.
        """
        health = self._held.health({"frames": float(self._heard), "lost": float(self._lost)})
        trouble = trouble_of_air(self._silence, self._late)
        if not health.ok or trouble is None:
            return health
        return DeviceHealth(ok=False, reason=trouble, hint=AIR_HINTS[trouble], numbers=health.numbers)


def _disconnect(capture: ListeningHandle) -> None:
    capture.ring.close()
    capture.listening.undo()


def open_monitor(*, target: str, config: HwConfig, clock: Clock) -> PiMonitor:
    """Open the Wi-Fi adapter; ``target`` may name the interface.

    Raises
    ------
    DeviceMissing, DeviceBusy, DeviceDenied, MissingComponent
        With the hint that helps.
    """
    wanted = target or config.monitor.interface
    return PiMonitor(config.monitor.model_copy(update={"interface": wanted}), clock)

"""Chooses a Wi-Fi adapter, puts it into monitor mode without harm, and undoes that afterwards.

An adapter that is connected to a network is never taken: the inspector may be working over that very link.
Otherwise a listening interface is added beside the existing one; only where the driver cannot do that, the
existing one changes its type until `Listening.undo`.
"""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError
from hw.pi.nl80211 import MONITOR, Adapter, WifiInterface, Wireless

LINK_TYPES = {803: 127, 801: 105, 802: 119}  # ARPHRD of a monitor interface: pcap LINKTYPE
OWN_PREFIX = "ansim"
SIOCGIFFLAGS, SIOCSIFFLAGS, SIOCGIFHWADDR, IFF_UP = 0x8913, 0x8914, 0x8927, 0x1
IFNAMSIZ = 15
IFREQ = struct.Struct("16sH14x")
ADVICE = "Use an adapter whose chip can monitor (see hw/README.md); the Pi's own Wi-Fi cannot."


@dataclass(slots=True, kw_only=True)
class MonitorInterface:
    """An interface in monitor mode. ``channels_mhz`` is empty where nothing can tune it."""

    name: str
    index: int
    channels_mhz: tuple[int, ...] = ()
    generations: Mapping[str, int] = field(default_factory=dict)
    wireless: Wireless | None = None
    steps_back: list[Callable[[], object]] = field(default_factory=list)

    def undo(self) -> None:
        """Put everything back as it was found, as far as it is still there."""
        while self.steps_back:
            try:
                self.steps_back.pop()()
            except (HwError, OSError):  # one step that fails must not keep the others
                continue


def set_up_or_down(name: str, *, up: bool) -> None:
    """Switch an interface on or off.

    Raises
    ------
    DeviceDenied, DeviceMissing, DeviceBusy
        The kernel says no.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            raw = fcntl.ioctl(control, SIOCGIFFLAGS, IFREQ.pack(name.encode()[:IFNAMSIZ], 0))
            flags = IFREQ.unpack(raw)[1]
            wanted = flags | IFF_UP if up else flags & ~IFF_UP
            if wanted != flags:
                fcntl.ioctl(control, SIOCSIFFLAGS, IFREQ.pack(name.encode()[:IFNAMSIZ], wanted))
        except OSError as error:
            raise _why_not_up(name, error) from error


def hardware_type(name: str) -> int | None:
    """Return the ARPHRD number of an interface, None where there is no such interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        try:
            raw = fcntl.ioctl(control, SIOCGIFHWADDR, IFREQ.pack(name.encode()[:IFNAMSIZ], 0))
        except OSError:
            return None
        return int(IFREQ.unpack(raw)[1])


def _why_not_up(name: str, error: OSError) -> HwError:
    if error.errno in {errno.EPERM, errno.EACCES}:
        hint = "It needs CAP_NET_ADMIN: run as the ansim service or as root (make install-pi)."
        return DeviceDenied(f"This user may not switch {name} on", hint=hint)
    if error.errno == errno.ENODEV:
        return DeviceMissing(f"There is no interface {name!r}", hint="Plug in the Wi-Fi adapter.")
    if error.errno == getattr(errno, "ERFKILL", 132):
        return DeviceBusy(f"{name} is blocked by the radio switch", hint="Run: rfkill unblock wifi.")
    return DeviceBusy(f"{name} cannot be switched on: {error}", hint="Replug the adapter.")


def own_address(name: str, sys_root: Path) -> str:
    """Return the address that the maker gave the adapter of an interface, empty where none is told.

    That of the radio, not of the interface: the latter can be set to anything.
    """
    try:
        return (sys_root / "class/net" / name / "phy80211/macaddress").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""


def is_connected(name: str, sys_root: Path) -> bool:
    """Return whether an interface is connected to a network."""
    try:
        return (sys_root / "class/net" / name / "operstate").read_text().strip() == "up"
    except OSError:
        return False


def choose(
    adapters: tuple[Adapter, ...],
    interfaces: tuple[WifiInterface, ...],
    *,
    wanted: str | None,
    sys_root: Path,
) -> tuple[Adapter, WifiInterface]:
    """Return the adapter to listen with: the one wanted, else a free one, those already listening first.

    Raises
    ------
    DeviceMissing
        There is none that can monitor; the hint names those that cannot.
    DeviceBusy
        The only ones that can are connected to a network.
    """
    by_phy = {a.phy: a for a in adapters}
    able = [i for i in interfaces if i.phy in by_phy and by_phy[i.phy].monitors]
    if wanted is not None:
        able = [i for i in able if i.name == wanted]
    if not able:
        names = ", ".join(sorted(i.name for i in interfaces)) or "none"
        what = f"{wanted} cannot monitor" if wanted else "No Wi-Fi adapter here can monitor"
        raise DeviceMissing(what, hint=f"Wireless interfaces: {names}. {ADVICE}")
    busy = {i.phy for i in interfaces if i.type != MONITOR and is_connected(i.name, sys_root)}
    free = [i for i in able if i.phy not in busy]
    if not free:
        raise DeviceBusy(
            f"{able[0].name} is connected to a network",
            hint=f"Disconnect it (nmcli device disconnect {able[0].name}), or plug in a second adapter.",
        )
    best = min(free, key=lambda i: (i.type != MONITOR, i.number))
    return by_phy[best.phy], best


def listen(wireless: Wireless, *, wanted: str | None, sys_root: Path) -> MonitorInterface:
    """Choose an adapter and bring up a monitor interface on it."""
    interfaces = wireless.interfaces()
    adapter, found = choose(wireless.adapters(), interfaces, wanted=wanted, sys_root=sys_root)
    listening = MonitorInterface(
        name=found.name,
        index=found.number,
        channels_mhz=adapter.channels_mhz,
        generations=adapter.generations,
        wireless=wireless,
    )
    try:
        if found.type != MONITOR:
            _hush(listening, [i for i in interfaces if i.phy == adapter.phy])
            _turn_into_monitor(listening, wireless, adapter, found)
        set_up_or_down(listening.name, up=True)
    except HwError:
        listening.undo()
        raise
    return listening


def _hush(listening: MonitorInterface, others: list[WifiInterface]) -> None:
    """Switch off the radio's other interfaces: they would scan, and take the channel away."""
    for other in others:
        set_up_or_down(other.name, up=False)
        listening.steps_back.append(lambda name=other.name: set_up_or_down(name, up=True))  # type: ignore[misc]


def _turn_into_monitor(
    listening: MonitorInterface, wireless: Wireless, adapter: Adapter, found: WifiInterface
) -> None:
    name = f"{OWN_PREFIX}{adapter.phy}"
    try:
        wireless.add_monitor(adapter.phy, name)
    except (DeviceDenied, DeviceLost):
        raise
    except HwError:  # some drivers allow one interface only
        wireless.set_type(found.number, MONITOR)
        listening.steps_back.append(lambda: wireless.set_type(found.number, found.type))
        listening.steps_back.append(lambda: set_up_or_down(found.name, up=False))
        return
    listening.name = name
    listening.index = next(i.number for i in wireless.interfaces() if i.name == name)
    listening.steps_back.append(lambda: wireless.remove(listening.index))

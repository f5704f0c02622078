"""Lists the devices that are plugged in. It reads the kernel's files and opens no device."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hw.errors import HwError
from hw.pi.adapter import ADVICE, is_connected
from hw.pi.nl80211 import Adapter, WifiInterface, Wireless, open_wireless
from hw.pi.power import SUPPLIES
from hw.pi.rtlsdr import DVB_HINT, UDEV_HINT
from hw.pi.soapy import RULES_HINT
from hw.pi.soapy_table import plugged_in
from hw.pi.spectral import NEEDED, find_driver
from hw.pi.usb_ports import BY_PORT, dongles

ROOT = Path("/")
DVB_DRIVER = "dvb_usb_rtl28xxu"
PI_CAMERA_PIPES = ("unicam", "rp1-cfe")  # V4L2 names of the Pi's camera receivers (Pi 1 to 4, Pi 5)
OWN_VIDEO = ("bcm2835", "pispbe", "rpivid", "rpi-hevc")  # codecs and image processors: no cameras


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One device that is plugged in. ``choose`` is the setting that picks it, ``hint`` what is in the way."""

    role: str
    name: str
    usable: bool
    detail: str = ""
    choose: str = ""
    hint: str = ""


def discover(*, root: Path = ROOT, wireless: Callable[[], Wireless] = open_wireless) -> tuple[Found, ...]:
    """Return everything that a kit could use, role by role."""
    radios = (*_receivers(root), *_spectral(root), *_adapters(root, wireless), *_controllers(root))
    return (*radios, *_cameras(root), *_panel(root), *_batteries(root))


def _receivers(root: Path) -> Iterator[Found]:
    yield from _rtl_sdrs(root)
    for folder, known in plugged_in(root):
        serial = _text(folder / "serial")
        hint = known.missing_hint(root) or ("" if _is_open_to_us(root, folder) else RULES_HINT)
        yield Found(
            role="sdr",
            name=known.name,
            usable=not hint,
            detail=f"serial {serial}" if serial else "",
            choose=f'hw.sdr.soapy = "driver={known.driver}"',
            hint=hint,
        )


def _rtl_sdrs(root: Path) -> Iterator[Found]:
    folders = sorted((root / "sys/bus/usb/devices").glob("*"))
    known = [
        (f, n) for f in folders if (n := dongles().get(f"{_text(f / 'idVendor')}:{_text(f / 'idProduct')}"))
    ]
    serials = Counter(_text(folder / "serial") for folder, _ in known)
    for folder, name in known:
        serial = _text(folder / "serial")
        hint = _receiver_hint(root, folder)
        # Many dongles are sold with one and the same serial: then only the port tells them apart.
        chosen = serial if serial and serials[serial] == 1 else BY_PORT + folder.name
        yield Found(
            role="sdr",
            name=name,
            usable=not hint,
            detail=f"serial {serial}" if serial else "",
            choose=f'hw.sdr.serial = "{chosen}"',
            hint=hint,
        )


def _receiver_hint(root: Path, folder: Path) -> str:
    drivers = (link.resolve().name for link in folder.glob("*/driver"))
    if DVB_DRIVER in drivers:
        return DVB_HINT
    if not _is_open_to_us(root, folder):
        return UDEV_HINT
    return "" if find_spec("rtlsdr") else "pyrtlsdr is missing: install ansim with its [pi] extra."


def _is_open_to_us(root: Path, folder: Path) -> bool:
    bus, device = _text(folder / "busnum"), _text(folder / "devnum")
    node = root / f"dev/bus/usb/{bus:0>3}/{device:0>3}"
    return not node.exists() or os.access(node, os.R_OK | os.W_OK)


def _spectral(root: Path) -> Iterator[Found]:
    """Find the driver that makes spectra, or one that would if the kernel were built with it."""
    try:
        folder = find_driver(root)
    except HwError as error:
        if any((root / "sys/class/ieee80211").glob("*")) and error.hint != NEEDED:
            yield Found(role="spectral", name=error.what, usable=False, hint=error.hint)
        return
    yield Found(role="spectral", name=folder.parent.name, usable=True, detail=f"driver {folder.name}")


def _adapters(root: Path, wireless: Callable[[], Wireless]) -> Iterator[Found]:
    names = sorted(path.parent.name for path in (root / "sys/class/net").glob("*/phy80211"))
    if not names:
        return
    try:
        link = wireless()
        try:
            able = {a.phy: a for a in link.adapters()}
            interfaces = {i.name: i for i in link.interfaces()}
            surveys = {i.name: _survey(link, i) for i in interfaces.values()}
        finally:
            link.close()
    except HwError as error:
        yield from (Found(role="monitor", name=name, usable=False, hint=str(error)) for name in names)
        return
    for name in names:
        yield _adapter(name, interfaces.get(name), able, root)
    yield from (survey for name in names if (survey := surveys.get(name)) is not None)


def _adapter(name: str, interface: WifiInterface | None, able: Mapping[int, Adapter], root: Path) -> Found:
    adapter = able.get(interface.phy) if interface else None
    hint = "" if adapter and adapter.monitors else f"It cannot monitor. {ADVICE}"
    if not hint and is_connected(name, root / "sys"):
        hint = f"It is connected to a network: nmcli device disconnect {name}, or use a second adapter."
    return Found(
        role="monitor",
        name=name,
        usable=not hint,
        detail=_bands(adapter.channels_mhz) if adapter else "",
        choose=f'hw.monitor.interface = "{name}"',
        hint=hint,
    )


def _survey(link: Wireless, interface: WifiInterface) -> Found | None:
    """Find whether the driver of an interface counts airtime."""
    try:
        channels = link.survey(interface.number)
    except HwError:
        return None
    return Found(
        role="survey", name=interface.name, usable=True, detail=f"airtime of {len(channels)} channels so far"
    )


def _bands(channels_mhz: tuple[int, ...]) -> str:
    """Return the bands in which there is a channel, e.g. ``2.4 GHz 13, 5 GHz 25``."""
    bands = {"2.4 GHz": (2400, 2500), "5 GHz": (5000, 5900), "6 GHz": (5925, 7125)}
    counts = {name: sum(low < mhz < high for mhz in channels_mhz) for name, (low, high) in bands.items()}
    return ", ".join(f"{name} {count} channels" for name, count in counts.items() if count)


def _controllers(root: Path) -> Iterator[Found]:
    for path in sorted((root / "sys/class/bluetooth").glob("hci*")):
        number = path.name.removeprefix("hci")
        if number.isdigit():
            yield Found(role="ble", name=path.name, usable=True, choose=f"hw.ble.hci = {number}")


def _cameras(root: Path) -> Iterator[Found]:
    folders = sorted((root / "sys/class/video4linux").glob("video*"))
    names = {folder.name: _text(folder / "name") for folder in folders}
    if any(name.startswith(PI_CAMERA_PIPES) for name in names.values()):
        missing = "" if find_spec("picamera2") else "sudo apt install python3-picamera2 (make install-pi)."
        yield Found(role="camera", name="Pi camera port", usable=not missing, hint=missing)
    for device, name in names.items():
        if name.startswith((*PI_CAMERA_PIPES, *OWN_VIDEO)):
            continue
        node = root / "dev" / device
        denied = node.exists() and not os.access(node, os.R_OK | os.W_OK)
        yield Found(
            role="camera",
            name=name or device,
            usable=not denied,
            detail=f"/dev/{device}",
            choose=f'hw.camera.source = "/dev/{device}"',
            hint="Add the user to the video group." if denied else "",
        )


def _panel(root: Path) -> Iterator[Found]:
    model = _text(root / "proc/device-tree/model").rstrip("\0")
    if not model.startswith("Raspberry Pi"):
        return
    for role in ("leds", "buttons", "buzzer"):
        yield Found(role=role, name="40-pin header", usable=True, detail=model)
    buses = {"spi": "dev/spidev0.0", "i2c": "dev/i2c-1"}
    for bus, path in buses.items():
        there = (root / path).exists()
        yield Found(
            role="display",
            name=f"{bus.upper()} bus",
            usable=there,
            detail=f"/{path}",
            choose=f'hw.panel.bus = "{bus}"',
            hint="" if there else f"Switch it on: sudo raspi-config nonint do_{bus} 0.",
        )


def _batteries(root: Path) -> Iterator[Found]:
    for folder in sorted((root / SUPPLIES).glob("*")):
        if _text(folder / "type") == "Battery" and _text(folder / "scope") != "Device":
            yield Found(role="battery", name=folder.name, usable=True)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""

"""A Bluetooth controller that receives adverts through Scapy's HCI user channel. It scans passively.

The user channel takes the controller away from the system's Bluetooth. It is therefore opened only while
the system has it switched off; a controller that serves a keyboard or a headset is busy, and stays so.

References
----------
Bluetooth Core 5.4, Vol 4, Part E: §7.3.2 Reset, §7.3.1 and §7.8.1 event masks, §7.8.3 features, §7.8.10 and
§7.8.11 scanning, §7.8.64 and §7.8.65 extended scanning.
"""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hw.config import HwConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, MissingComponent, Reason
from hw.formats.btsnoop_hci import AdvertDecoder
from hw.liveness import Silence, trouble_of_air
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import BleAdvert, BleBatch, DeviceHealth, DeviceInfo

COMMAND_PACKET, EVENT_PACKET = 0x01, 0x04
COMMAND_COMPLETE, COMMAND_STATUS, HARDWARE_ERROR = 0x0E, 0x0F, 0x10
RESET, SET_EVENT_MASK = 0x0C03, 0x0C01
LE_SET_EVENT_MASK, LE_FEATURES = 0x2001, 0x2003
LE_SCAN_PARAMETERS, LE_SCAN_ENABLE = 0x200B, 0x200C
LE_EXTENDED_PARAMETERS, LE_EXTENDED_ENABLE = 0x2041, 0x2042
EVENTS = struct.pack("<Q", 0x2000_1FFF_FFFF_FFFF)  # the default ones, and LE meta
LE_EVENTS = struct.pack("<Q", 0x101F)  # the default ones, and extended advertising reports
EXTENDED_ADVERTISING = 1 << 12  # LE feature bit
PASSIVE, PUBLIC, EVERYBODY, PHY_1M = 0, 0, 0, 1
WINDOW = 0x60  # of 0.625 ms: 60 ms; interval and window alike listen all the time

ANSWER_S = 2.0  # a reset may take a second on USB controllers
QUIET_S = 10.0  # after so much silence we ask whether the controller is alive
PACKET_BYTES = 1024  # an event has at most 258
MOST_ADVERTS = 20_000  # in one batch: a flood must not fill the memory
GARBAGE_SHARE, GARBAGE_PACKETS = 0.5, 20  # more unreadable than readable: the controller is not well
UNREADABLE = ("truncated_event", "truncated_report", "bad_report")
CAP_NET_ADMIN = 12
SYS = Path("/sys")

FREE_HINT = "Switch the system's Bluetooth off: bluetoothctl power off, or sudo systemctl stop bluetooth."
REPLUG_HINT = "Plug it in again, or run: sudo hciconfig hci0 reset; it is found by itself."


class Controller:
    """An open controller that is scanning. ``sock`` is Scapy's ``BluetoothUserSocket``."""

    def __init__(self, sock: Any) -> None:
        self._sock = sock
        self.extended = False
        try:
            self._start()
        except DeviceLost:
            self.close()
            raise

    def _start(self) -> None:
        self.command(RESET)
        self.command(SET_EVENT_MASK, EVENTS)
        self.command(LE_SET_EVENT_MASK, LE_EVENTS, must=False)
        answer = self.command(LE_FEATURES)
        features = int.from_bytes(answer[:8], "little")
        self.extended = bool(features & EXTENDED_ADVERTISING)
        if self.extended:
            scan = struct.pack("<BBBBHH", PUBLIC, EVERYBODY, PHY_1M, PASSIVE, WINDOW, WINDOW)
            self.command(LE_EXTENDED_PARAMETERS, scan)
            self.command(LE_EXTENDED_ENABLE, struct.pack("<BBHH", 1, 0, 0, 0))
        else:
            scan = struct.pack("<BHHBB", PASSIVE, WINDOW, WINDOW, PUBLIC, EVERYBODY)
            self.command(LE_SCAN_PARAMETERS, scan)
            self.command(LE_SCAN_ENABLE, bytes((1, 0)))

    def command(self, opcode: int, parameters: bytes = b"", *, must: bool = True) -> bytes:
        """Send a command and return what follows its status; events in between are left out.

        Raises
        ------
        DeviceLost
            No answer in time, or a refusal of a command that ``must`` succeed.
        """
        head = struct.pack("<BHB", COMMAND_PACKET, opcode, len(parameters))
        try:
            self._sock.outs.send(head + parameters)
        except OSError as error:
            raise _gone(error) from error
        end = time.monotonic() + ANSWER_S
        while (left_s := end - time.monotonic()) > 0:
            answer = _answer_to(opcode, self.receive(left_s) or b"")
            if answer is None:
                continue
            if must and answer[:1] != b"\0":
                what = f"The Bluetooth controller refuses command {opcode:#06x}"
                raise DeviceLost(what, hint=REPLUG_HINT, reason=Reason.GARBAGE)
            return answer[1:]
        raise DeviceLost("The Bluetooth controller does not answer", hint=REPLUG_HINT, reason=Reason.STALLED)

    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next packet.

        Parameters
        ----------
        timeout_s : float
            Longest wait, in s.

        Returns
        -------
        bytes or None
            None where no packet came in time.

        Raises
        ------
        DeviceLost
            The controller is gone or reports a hardware error.
        """
        try:
            if not select.select([self._sock.ins], [], [], max(0.0, timeout_s))[0]:
                return None
            packet = bytes(self._sock.ins.recv(PACKET_BYTES))
        except OSError as error:
            raise _gone(error) from error
        if not packet:
            raise _gone(None)
        if packet[:2] == bytes((EVENT_PACKET, HARDWARE_ERROR)):
            raise DeviceLost("The Bluetooth controller reports a hardware error", hint=REPLUG_HINT)
        return packet

    def close(self) -> None:
        """Stop scanning as far as possible and release the controller."""
        with contextlib.suppress(OSError):  # it may be gone
            self._sock.outs.send(struct.pack("<BHB", COMMAND_PACKET, RESET, 0))
        self._sock.close()
        self._sock.ins.detach()  # Scapy has closed the number behind Python's back


def _answer_to(opcode: int, packet: bytes) -> bytes | None:
    """Return status and parameters of the answer to a command, None where a packet is something else."""
    if len(packet) < 7 or packet[0] != EVENT_PACKET:
        return None
    if packet[1] == COMMAND_COMPLETE and struct.unpack_from("<H", packet, 4)[0] == opcode:
        return packet[6:]
    if packet[1] == COMMAND_STATUS and struct.unpack_from("<H", packet, 5)[0] == opcode:
        return packet[3:4]
    return None


def _gone(error: OSError | None) -> DeviceLost:
    why = f": {error}" if error else ""
    return DeviceLost(f"The Bluetooth controller is gone{why}", hint=REPLUG_HINT)


class HciRadio(PiDevice[Controller]):
    """A `BleRadio` over one controller."""

    def __init__(self, connect: Callable[[], Any], clock: Clock) -> None:
        self._clock = clock
        self._decoder = AdvertDecoder()
        self._told: Counter[str] = Counter()
        self._adverts = 0
        self._packets = 0
        self._quiet_since = time.monotonic()
        self._garbled = False
        self._silence = Silence()
        held = HeldHandle(lambda: Controller(connect()), lambda c: c.close())
        super().__init__(DeviceInfo(role="ble", backend="pi", name="Bluetooth"), held)
        held.open()
        detail = "extended adverts" if held.hold().extended else "legacy adverts only"
        self._info = DeviceInfo(role="ble", backend="pi", name="Bluetooth controller", detail=detail)

    def read(self, *, duration_s: float) -> BleBatch:
        """Listen for ``duration_s`` and return the received adverts."""
        controller = self._held.hold()
        start_ns = self._clock.now_ns()
        adverts: list[BleAdvert] = []
        end = time.monotonic() + duration_s
        packets = 0
        try:
            while (left_s := end - time.monotonic()) > 0:
                packet = controller.receive(left_s)
                if packet is not None:
                    packets += 1
                    self._take(packet, adverts)
            self._watch(controller, packets)
        except DeviceLost as error:
            raise self._held.lose(error) from error
        self._adverts += len(adverts)
        until_ns = self._clock.now_ns()
        self._silence.push(None, [a.t_ns for a in adverts], span_s=max(0.0, duration_s))
        return BleBatch(
            t_ns=start_ns,
            until_ns=until_ns,
            adverts=tuple(adverts),
            dropped=self._news(packets),
        )

    def _take(self, packet: bytes, adverts: list[BleAdvert]) -> None:
        found = self._decoder.h4(packet, t_ns=self._clock.now_ns())
        room = MOST_ADVERTS - len(adverts)
        adverts += found[:room]
        if len(found) > room:
            self._decoder.dropped["too_many"] += len(found) - room

    def _watch(self, controller: Controller, packets: int) -> None:
        """After a long silence, ask: an empty room and a dead controller sound the same."""
        now = time.monotonic()
        if packets:
            self._quiet_since = now
        elif now - self._quiet_since > QUIET_S:
            controller.command(LE_FEATURES)
            self._quiet_since = now

    def _news(self, packets: int) -> dict[str, int]:
        """Return what was dropped since the last batch, by reason."""
        news = self._decoder.dropped - self._told
        self._told = Counter(self._decoder.dropped)
        self._packets += packets
        broken = sum(news[reason] for reason in UNREADABLE)
        if packets >= GARBAGE_PACKETS:
            self._garbled = broken > GARBAGE_SHARE * packets
        return dict(news)

    def health(self) -> DeviceHealth:
        """Return the health of the controller; one that hears nothing, or sends garbage, is not well."""
        health = self._held.health({"adverts": float(self._adverts), "packets": float(self._packets)})
        if health.ok and self._garbled:
            hint = f"Most of what the Bluetooth controller sends is unreadable. {REPLUG_HINT}"
            return DeviceHealth(ok=False, reason=Reason.GARBAGE, hint=hint, numbers=health.numbers)
        trouble = trouble_of_air(self._silence)
        if health.ok and trouble is not None:
            hint = f"The Bluetooth controller answers and hears nothing. {REPLUG_HINT}"
            return DeviceHealth(ok=False, reason=trouble, hint=hint, numbers=health.numbers)
        return health


def find_controller(wanted: int | None, sys_root: Path = SYS) -> int:
    """Return the number of the controller to use; raises `DeviceMissing` where there is none."""
    names = (path.name.removeprefix("hci") for path in (sys_root / "class/bluetooth").glob("hci*"))
    found = sorted(int(name) for name in names if name.isdigit())  # connections are called hci0:64
    if not found:
        raise DeviceMissing(
            "No Bluetooth controller is here", hint="Plug one in, or run: rfkill unblock bluetooth."
        )
    if wanted is not None and wanted not in found:
        names_found = ", ".join(f"hci{n}" for n in found)
        raise DeviceMissing(f"There is no hci{wanted}", hint=f"Found: {names_found}. Set hw.ble.hci.")
    return found[0] if wanted is None else wanted


def may_administer(status: Path = Path("/proc/self/status")) -> bool:
    """Return whether this process has CAP_NET_ADMIN."""
    for line in status.read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> CAP_NET_ADMIN & 1)
    return False


def open_user_channel(number: int) -> Any:
    """Open the controller for ourselves alone.

    Raises
    ------
    MissingComponent
        This Python was built without Bluetooth.
    DeviceDenied, DeviceBusy
        Scapy does not say why ``bind`` fails; what we may do tells the two apart.
    """
    if not hasattr(socket, "AF_BLUETOOTH"):
        raise MissingComponent(
            "This Python was built without Bluetooth", hint="Use the system's python3 (make install-pi does)."
        )
    from scapy.layers.bluetooth import BluetoothSocketError, BluetoothUserSocket

    try:
        return BluetoothUserSocket(number)
    except (BluetoothSocketError, OSError) as error:
        if not may_administer():
            hint = "It needs CAP_NET_ADMIN: run as the ansim service or as root (make install-pi)."
            raise DeviceDenied("This user may not listen to Bluetooth", hint=hint) from error
        raise DeviceBusy(f"The system is using hci{number}", hint=FREE_HINT) from error


def open_ble(*, target: str, config: HwConfig, clock: Clock) -> HciRadio:
    """Open the Bluetooth controller; ``target`` may be its number.

    Raises
    ------
    DeviceMissing, DeviceBusy, DeviceDenied, MissingComponent
        With the hint that helps.
    """
    wanted = int(target) if target.isascii() and target.isdigit() else config.ble.hci
    return HciRadio(lambda: open_user_channel(find_controller(wanted)), clock)

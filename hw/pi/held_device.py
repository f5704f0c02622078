"""Holds the handle of a real device: opened, lost, and opened again when its owner asks for it.

Nothing here opens a lost device by itself or waits: whoever runs the device decides when to try again
(`firmware.runtime.workers` for sensors, `firmware.handheld.panel_parts` for screen and buttons).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Generic, TypeVar

from hw.closing import Closing
from hw.errors import DeviceLost, DeviceMissing, HwError, Reason
from hw.types import DeviceHealth, DeviceInfo

NO_NUMBERS: Mapping[str, float] = MappingProxyType({})

H = TypeVar("H")


class HeldHandle(Generic[H]):
    """Holds a handle that may be lost; from then on `hold` raises until `reopen` has succeeded.

    Parameters
    ----------
    connect
        Opens the device or raises `HwError`.
    disconnect
        Closes a handle. What it raises is swallowed: the device may be gone already.
    """

    def __init__(self, connect: Callable[[], H], disconnect: Callable[[H], None]) -> None:
        self._connect = connect
        self._disconnect = disconnect
        self._handle: H | None = None
        self._trouble: HwError | None = None
        self._closed = False
        self.losses = 0

    def open(self) -> None:
        """Open for the first time; raises what ``connect`` raises, but never `DeviceLost`."""
        try:
            self._handle = self._connect()
        except DeviceLost as error:
            raise DeviceMissing(error.what, hint=error.hint, reason=error.reason) from error

    def hold(self) -> H:
        """Return the handle.

        Raises
        ------
        DeviceLost
            It is away; the reason and the hint are those of the loss, or of the last attempt to open it.
        """
        if self._handle is None:
            raise self._as_lost()
        return self._handle

    def reopen(self) -> None:
        """Let go of the handle and open anew, once: after a loss, or for settings that need a restart.

        Raises
        ------
        DeviceLost
            It is away, or has been closed for good.
        """
        if self._closed:
            raise DeviceLost("The device has been closed", hint="Open the kit again.")
        self._let_go()
        try:
            self._handle = self._connect()
        except HwError as error:
            self._trouble = error
            raise self._as_lost() from error
        self._trouble = None

    def lose(self, error: HwError) -> HwError:
        """Let go of the handle because of ``error`` and return that error, to be raised."""
        self._trouble = error
        self.losses += 1
        self._let_go()
        return error

    def _as_lost(self) -> DeviceLost:
        trouble = self._trouble or DeviceLost("The device has been closed", hint="Open the kit again.")
        reason = Reason.UNPLUGGED if trouble.reason is Reason.NOT_FOUND else trouble.reason
        return DeviceLost(trouble.what, hint=trouble.hint, reason=reason)

    def _let_go(self) -> None:
        handle, self._handle = self._handle, None
        if handle is None:
            return
        try:
            self._disconnect(handle)
        except (OSError, HwError, RuntimeError, ValueError):
            return  # a handle of a device that is gone may not even close

    def close(self) -> None:
        """Close for good; may be called twice."""
        self._closed = True
        self._let_go()

    def health(self, numbers: Mapping[str, float] = NO_NUMBERS) -> DeviceHealth:
        """Return the health of the device, with the number of losses."""
        counted = {**numbers, "losses": float(self.losses)}
        if self._trouble is None:
            return DeviceHealth(ok=True, numbers=counted)
        lost = self._as_lost()
        return DeviceHealth(ok=False, reason=lost.reason, hint=str(lost), numbers=counted)


class PiDevice(Closing, Generic[H]):
    """Base of all real devices: name, the one handle, and context manager."""

    def __init__(self, info: DeviceInfo, held: HeldHandle[H]) -> None:
        self._info = info
        self._held = held

    def info(self) -> DeviceInfo:
        """Return the info of the device."""
        return self._info

    def health(self) -> DeviceHealth:
        """Return the health of the device."""
        return self._held.health()

    def reopen(self) -> None:
        """Open the device again, with the settings that it had; raises `DeviceLost` while it is away."""
        self._held.reopen()

    def close(self) -> None:
        """Let the device go; may be called twice."""
        self._held.close()

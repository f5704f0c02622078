"""Opens a lost device again with back-off: every real device holds its handle in a `Reconnector`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Generic, Self, TypeVar

from hw.errors import DeviceLost, DeviceMissing, HwError, Reason
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo

FIRST_WAIT_NS = 250_000_000  # USB enumeration after a replug takes about this long
LONGEST_WAIT_NS = 8_000_000_000  # a hand that plugs it in again is not kept waiting longer than this
NO_NUMBERS: Mapping[str, float] = MappingProxyType({})

H = TypeVar("H")


class Reconnector(Generic[H]):
    """Holds a handle that may be lost. `hold` returns it, opening it again with back-off after `lose`.

    Parameters
    ----------
    connect
        Opens the device or raises `HwError`.
    disconnect
        Closes a handle. What it raises is swallowed: the device may be gone already.
    clock
        Times the back-off.
    """

    def __init__(self, connect: Callable[[], H], disconnect: Callable[[H], None], clock: Clock) -> None:
        self._connect = connect
        self._disconnect = disconnect
        self._clock = clock
        self._handle: H | None = None
        self._trouble: HwError | None = None
        self._wait_ns = FIRST_WAIT_NS
        self._next_try_ns = 0
        self._closed = False
        self.losses = 0

    @property
    def trouble(self) -> HwError | None:
        """The present trouble; None while it works."""
        return self._trouble

    def open(self) -> None:
        """Open for the first time; raises what ``connect`` raises, but never `DeviceLost`."""
        try:
            self._handle = self._connect()
        except DeviceLost as error:
            raise DeviceMissing(error.what, hint=error.hint, reason=error.reason) from error

    def hold(self) -> H:
        """Return the handle, after opening it again where it was lost.

        Raises
        ------
        DeviceLost
            It is still away; the reason and the hint are those of the last attempt.
        """
        if self._closed:
            raise DeviceLost("The device has been closed", hint="Open the kit again.")
        if self._handle is None:
            self._find_again()
        assert self._handle is not None  # noqa: S101
        return self._handle

    def renew(self) -> None:
        """Close and open anew, for settings that a running device does not take; raises as `hold`."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._let_go(handle)
        self._next_try_ns = self._clock.now_ns()
        self.hold()

    def _find_again(self) -> None:
        if self._clock.now_ns() < self._next_try_ns:
            raise self._as_lost()
        try:
            self._handle = self._connect()
        except HwError as error:
            self._trouble = error
            self._postpone()
            raise self._as_lost() from error
        self._trouble = None

    def lose(self, error: HwError, *, disconnect: bool = True) -> HwError:
        """Let go of the handle because of ``error`` and return that error, to be raised."""
        handle, self._handle = self._handle, None
        self._trouble = error
        self.losses += 1
        self._postpone()
        if handle is not None and disconnect:
            self._let_go(handle)
        return error

    def thrive(self) -> None:
        """Note that the device works: its next loss is tried again soon."""
        self._wait_ns = FIRST_WAIT_NS

    def _postpone(self) -> None:
        self._next_try_ns = self._clock.now_ns() + self._wait_ns
        self._wait_ns = min(2 * self._wait_ns, LONGEST_WAIT_NS)

    def _as_lost(self) -> DeviceLost:
        trouble = self._trouble or DeviceLost("The device is away")
        reason = Reason.UNPLUGGED if trouble.reason is Reason.NOT_FOUND else trouble.reason
        return DeviceLost(trouble.what, hint=trouble.hint, reason=reason)

    def _let_go(self, handle: H) -> None:
        try:
            self._disconnect(handle)
        except (OSError, HwError, RuntimeError, ValueError):
            return  # a handle of a device that is gone may not even close

    def close(self) -> None:
        """Close for good; may be called twice."""
        handle, self._handle, self._closed = self._handle, None, True
        if handle is not None:
            self._let_go(handle)

    def health(self, numbers: Mapping[str, float] = NO_NUMBERS) -> DeviceHealth:
        """Return the health of the device, with the number of losses."""
        counted = {**numbers, "losses": float(self.losses)}
        if self._trouble is None:
            return DeviceHealth(ok=True, numbers=counted)
        lost = self._as_lost()
        return DeviceHealth(ok=False, reason=lost.reason, hint=str(lost), numbers=counted)


class PiDevice(Generic[H]):
    """Base of all real devices: name, reconnection and context manager."""

    def __init__(self, info: DeviceInfo, line: Reconnector[H]) -> None:
        self._info = info
        self._line = line

    def info(self) -> DeviceInfo:
        """Return the info of the device."""
        return self._info

    def health(self) -> DeviceHealth:
        """Return the health of the device."""
        return self._line.health()

    def close(self) -> None:
        """Let the device go; may be called twice."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

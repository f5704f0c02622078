"""Errors of devices and recordings, and the root of every error that ansim expects.

::

    AnsimError                  what happened and why, what to do: exit 1
    ├── SweeperError, WifiScanError, LensError, FirmwareError       the other packages' roots
    └── HwError                 devices and recordings
        ├── MissingComponent        (ImportError)       a library or driver is not installed: exit 3
        ├── DeviceMissing           (FileNotFoundError) nothing is plugged in
        ├── DeviceBusy              (BlockingIOError)   somebody else holds it
        ├── DeviceDenied            (PermissionError)   no right to open it
        ├── DeviceLost              (ConnectionError)   it was there and is gone
        ├── FrequencyRefused        (ValueError)        the tuner does not go there, but works elsewhere
        ├── BadRecording            (ValueError)        a file that cannot be what it says
        ├── BadKit                  (ValueError)        a --kit or scene that does not exist: exit 2
        └── EndOfRecording          (EOFError)          a recording is over: not a fault
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The reasons for which a device does not work as it should; a screen translates these words."""

    NOT_FOUND = "not_found"
    BUSY = "busy"
    DENIED = "denied"
    UNPLUGGED = "unplugged"
    STALLED = "stalled"
    FROZEN = "frozen"
    SILENT = "silent"
    LATE = "late"
    GARBAGE = "garbage"
    LIBRARY = "library"
    COVERED = "covered"
    DARK = "dark"
    OVERHEATED = "overheated"
    LIGHTS_REST = "lights_rest"
    UNDER_VOLTAGE = "under_voltage"
    UNREADABLE = "unreadable"
    FINISHED = "finished"


class AnsimError(Exception):
    """Root of every expected error: says what happened, and what to do about it."""

    def __init__(self, what: str, *, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}. {self.hint}" if self.hint else self.what


class HwError(AnsimError):
    """Root of the errors of a device or a recording."""

    reason: Reason = Reason.UNREADABLE

    def __init__(self, what: str, *, hint: str = "", reason: Reason | None = None) -> None:
        super().__init__(what, hint=hint)
        if reason is not None:
            self.reason = reason


class MissingComponent(HwError, ImportError):
    """A library, driver or program that this needs is not installed."""

    reason = Reason.LIBRARY


class DeviceMissing(HwError, FileNotFoundError):
    """The device is not plugged in."""

    reason = Reason.NOT_FOUND


class DeviceBusy(HwError, BlockingIOError):
    """Another program holds the device."""

    reason = Reason.BUSY


class DeviceDenied(HwError, PermissionError):
    """The device is there, but this user may not open it."""

    reason = Reason.DENIED


class DeviceLost(HwError, ConnectionError):
    """The device was there and is gone, or has stopped answering."""

    reason = Reason.UNPLUGGED


class FrequencyRefused(HwError, ValueError):
    """The tuner does not go to this frequency; the device works and may be tuned elsewhere."""

    reason = Reason.UNREADABLE


class BadRecording(HwError, ValueError):
    """A file does not hold what its name or header says."""

    reason = Reason.UNREADABLE


class BadKit(HwError, ValueError):
    """A --kit, scene or device name does not exist."""

    reason = Reason.NOT_FOUND


class EndOfRecording(HwError, EOFError):
    """A recording has been played to its end. This is not a fault: the sensor is finished."""

    reason = Reason.FINISHED

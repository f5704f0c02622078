"""The spectral scan of an Atheros Wi-Fi adapter, through the files of its driver in the kernel's debugfs.

::

    /sys/kernel/debug/ieee80211/phyN/DRIVER/spectral_scan_ctl    background, trigger, disable
                                            spectral_count …     how the chip samples
                                            spectral_scan0 …     records, one relay file a processor

The adapter is not tuned from here: whoever uses it (the Wi-Fi sensor, as it hops) chooses the channel, and
every record bears its frequency. Nothing is sent.
"""

from __future__ import annotations

import errno
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hw.config import HwConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, HwError, Reason
from hw.formats.spectral_scan import SpectralReader
from hw.pi.held_device import HeldHandle, PiDevice
from hw.protocols import Clock
from hw.types import DeviceHealth, DeviceInfo, SpectralBatch, SpectralSample

ROOT = Path("/")
DEBUGFS = Path("sys/kernel/debug/ieee80211")
PHYS = Path("sys/class/ieee80211")
DRIVERS = ("ath9k", "ath9k_htc", "ath10k", "ath11k")
# Background scanning in bursts: about one FFT each 1.5 ms on ath9k, as the detector expects it or denser.
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "ath9k": {"spectral_count": "8", "spectral_period": "36", "spectral_fft_period": "15"},
    "ath9k_htc": {"spectral_count": "8", "spectral_period": "36", "spectral_fft_period": "15"},
    "ath10k": {"spectral_count": "8", "spectral_bins": "128"},
    "ath11k": {"spectral_count": "8", "spectral_bins": "128"},
}
READ_BYTES = 1 << 16
POLL_NS = 5_000_000
STALLED_NS = 3_000_000_000  # a chip that scans makes FFTs whatever is on the air
LAG_NS = 500_000_000  # the chip's clock may fall behind by so much: a change of the channel resets it
NEEDED = (
    "It takes an Atheros adapter (AR9271, AR9280, QCA988x) and a kernel with CONFIG_ATH9K_COMMON_SPECTRAL "
    "and the driver's debug files, or CONFIG_ATH10K_SPECTRAL. Raspberry Pi OS and Debian leave it out for "
    "USB sticks."
)
NOT_BUILT = "Build this kernel's {driver} with {options}. Raspberry Pi OS and Debian leave that out."
OPTIONS = {
    "ath9k": "CONFIG_ATH9K_DEBUGFS and CONFIG_ATH9K_COMMON_SPECTRAL",
    "ath9k_htc": "CONFIG_ATH9K_HTC_DEBUGFS and CONFIG_ATH9K_COMMON_SPECTRAL",
    "ath10k": "CONFIG_ATH10K_SPECTRAL",
    "ath11k": "CONFIG_ATH11K_SPECTRAL",
}
DENIED_HINT = "The kernel's debug files are root's: run ansim as root (the service does)."


@dataclass(slots=True)
class _Relay:
    """One processor's relay file with the reader of its records."""

    handle: int
    reader: SpectralReader = field(default_factory=SpectralReader)
    told: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Scan:
    """A scan that runs: the driver's folder, and its relay files."""

    folder: Path
    relays: tuple[_Relay, ...]


class SpectralAdapter(PiDevice[_Scan]):
    """An adapter whose driver relays FFT records. Opened again, it scans again."""

    def __init__(self, *, root: Path, clock: Clock) -> None:
        self._root, self._clock = root, clock
        self._samples = 0
        self._heard_ns = clock.now_ns()
        info = DeviceInfo(role="spectral", backend="pi", name="Wi-Fi spectra")
        super().__init__(info, HeldHandle(self._connect, _stop))
        self._held.open()
        folder = self._held.hold().folder
        self._info = DeviceInfo(
            role="spectral", backend="pi", name=folder.parent.name, detail=f"driver {folder.name}"
        )

    def _connect(self) -> _Scan:
        scan = _start(find_driver(self._root))
        self._heard_ns = self._clock.now_ns()
        return scan

    def channels_hz(self) -> tuple[float, ...]:
        """Return nothing: the adapter is on the channel that its Wi-Fi sensor has set."""
        return ()

    def set_channel(self, *, center_hz: float) -> None:
        """Change nothing: see `channels_hz`."""

    def read_spectra(self, *, duration_s: float) -> SpectralBatch:
        """Return the FFTs of the next ``duration_s`` seconds.

        Raises
        ------
        DeviceLost
            The adapter is gone, makes no FFT any more, or only records that cannot be read.
        """
        scan = self._held.hold()
        begin_ns = self._clock.now_ns()
        until_ns = begin_ns + round(duration_s * 1e9)
        samples: list[SpectralSample] = []
        dropped: Counter[str] = Counter()
        bytes_read = 0
        try:
            while True:
                for relay in scan.relays:
                    bytes_read += self._drain(relay, samples, dropped)
                if self._clock.now_ns() >= until_ns:
                    break
                self._clock.sleep_until(min(self._clock.now_ns() + POLL_NS, until_ns))
            if not (scan.folder / "spectral_scan_ctl").exists():
                raise DeviceLost(f"{self._info.name} was unplugged", hint="Plug the Wi-Fi adapter in again.")
            self._judge_silence(samples, bytes_read)
        except OSError as error:
            raise self._held.lose(_as_lost(self._info.name, error)) from error
        samples.sort(key=lambda s: s.t_ns)
        self._samples += len(samples)
        return SpectralBatch(
            t_ns=begin_ns, until_ns=self._clock.now_ns(), samples=tuple(samples), dropped=dict(dropped)
        )

    def _drain(self, relay: _Relay, samples: list[SpectralSample], dropped: Counter[str]) -> int:
        """Take everything that lies in one relay file; return how many bytes that was."""
        count = 0
        relay.reader.not_before(self._clock.now_ns() - LAG_NS)
        while True:
            try:
                data = os.read(relay.handle, READ_BYTES)
            except BlockingIOError:
                data = b""
            if not data:
                dropped.update(relay.reader.dropped - relay.told)
                relay.told = relay.reader.dropped.copy()
                return count
            count += len(data)
            samples.extend(relay.reader.feed(data))
            if count >= READ_BYTES * 16:
                return count

    def _judge_silence(self, samples: list[SpectralSample], bytes_read: int) -> None:
        """Say that the adapter is lost where it has given nothing, or nothing readable, for too long."""
        now_ns = self._clock.now_ns()
        if samples:
            self._heard_ns = now_ns
        elif now_ns - self._heard_ns >= STALLED_NS:
            why = Reason.GARBAGE if bytes_read else Reason.STALLED
            what = "gives records that cannot be read" if bytes_read else "makes no spectra any more"
            raise DeviceLost(
                f"{self._info.name} {what}", hint="Unplug the Wi-Fi adapter and plug it in again.", reason=why
            )

    def health(self) -> DeviceHealth:
        """Return the health, with the number of FFTs."""
        return self._held.health({"spectra": float(self._samples)})


def find_driver(root: Path) -> Path:
    """Return the folder of the first driver that makes spectra.

    Parameters
    ----------
    root : Path
        The root of the file system.

    Returns
    -------
    Path
        Its folder in debugfs.

    Raises
    ------
    DeviceDenied
        The kernel's debug files may not be read.
    DeviceMissing
        There is no such adapter, or the kernel was built without it.
    """
    debugfs = root / DEBUGFS
    try:
        for folder in sorted(debugfs.glob("*/*")) if debugfs.is_dir() else ():
            if folder.name in DRIVERS and (folder / "spectral_scan_ctl").exists():
                return folder
        next(debugfs.parent.iterdir(), None)
    except PermissionError as error:
        raise DeviceDenied("The spectral scan may not be used", hint=DENIED_HINT) from error
    except OSError:
        pass  # without debugfs there is no spectral scan
    driver = _atheros_driver(root)
    if driver:
        hint = NOT_BUILT.format(driver=driver, options=OPTIONS[driver])
        raise DeviceMissing(f"The {driver} driver of this kernel makes no spectra", hint=hint)
    raise DeviceMissing("There is no Wi-Fi adapter that makes spectra", hint=NEEDED)


def _atheros_driver(root: Path) -> str:
    """Name of an Atheros driver that runs an adapter without spectra, empty where none does."""
    for link in sorted((root / PHYS).glob("*/device/driver")):
        name = link.resolve().name
        for driver in sorted(DRIVERS, key=len, reverse=True):
            if name.startswith(driver):
                return driver
    return ""


def _start(folder: Path) -> _Scan:
    """Set the chip up, start the scan and open its relay files."""
    handles: list[int] = []
    try:
        for name, value in SETTINGS[folder.name].items():
            if (folder / name).exists():
                (folder / name).write_text(value, encoding="ascii")
        files = sorted(folder.glob("spectral_scan[0-9]*"))
        if not files:
            raise DeviceMissing(f"{folder.parent.name} relays no spectra", hint=NEEDED)
        handles = [os.open(path, os.O_RDONLY | os.O_NONBLOCK) for path in files]
        for word in ("background", "trigger"):
            (folder / "spectral_scan_ctl").write_text(word, encoding="ascii")
    except OSError as error:
        for handle in handles:
            os.close(handle)
        raise _as_refused(folder.parent.name, error) from error
    return _Scan(folder=folder, relays=tuple(_Relay(handle) for handle in handles))


def _stop(scan: _Scan) -> None:
    for relay in scan.relays:
        os.close(relay.handle)
    (scan.folder / "spectral_scan_ctl").write_text("disable", encoding="ascii")


def _as_refused(name: str, error: OSError) -> HwError:
    if isinstance(error, HwError):
        return error
    if isinstance(error, PermissionError):
        return DeviceDenied(f"The spectral scan of {name} may not be used", hint=DENIED_HINT)
    if error.errno == errno.EBUSY:
        return DeviceBusy(f"Another program scans with {name}", hint="Stop it, then try again.")
    return DeviceMissing(f"The spectral scan of {name} does not start: {error.strerror}", hint=NEEDED)


def _as_lost(name: str, error: OSError) -> HwError:
    if isinstance(error, HwError):
        return error
    return DeviceLost(
        f"{name} stopped: {error.strerror}", hint="Unplug the Wi-Fi adapter and plug it in again."
    )


def open_spectral(
    *,
    target: str,  # noqa: ARG001 - kit factory
    config: HwConfig,  # noqa: ARG001 - kit factory
    clock: Clock,
    root: Path | None = None,
) -> SpectralAdapter:
    """Open the first adapter whose driver makes spectra. Raises as `find_driver` does, or `DeviceBusy`."""
    return SpectralAdapter(root=ROOT if root is None else root, clock=clock)

"""The spectral scan through a stand-in of the driver's files: control, records, every way to be refused."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from hw.clock import ManualClock
from hw.config import HwConfig
from hw.errors import DeviceBusy, DeviceDenied, DeviceLost, DeviceMissing, Reason
from hw.pi import spectral
from hw.pi.spectral import SpectralAdapter, find_driver, open_spectral
from tests.hw.pi.spectral_tree import SpectralTree, records


def opened(tree: SpectralTree, clock: ManualClock | None = None) -> SpectralAdapter:
    return open_spectral(target="", config=HwConfig(), clock=clock or ManualClock(), root=tree.root)


@pytest.mark.parametrize("driver", ["ath9k", "ath9k_htc", "ath10k", "ath11k"])
def test_every_driver_is_found_set_up_and_stopped(tmp_path: Path, driver: str) -> None:
    tree = SpectralTree(tmp_path, driver=driver)
    adapter = opened(tree)
    assert tree.told("spectral_scan_ctl") == "trigger"
    assert tree.told("spectral_count") == "8"
    assert adapter.info().detail == f"driver {driver}"
    adapter.close()
    adapter.close()
    assert tree.told("spectral_scan_ctl") == "disable"


def test_records_of_all_processors_come_in_order_and_once(tmp_path: Path) -> None:
    tree, clock = SpectralTree(tmp_path), ManualClock()
    adapter = opened(tree, clock)
    tree.feed(records(10))
    tree.feed(records(5, tsf_us=700, mhz=2437), relay=1)
    batch = adapter.read_spectra(duration_s=0.05)
    assert len(batch.samples) == 15
    assert [s.t_ns for s in batch.samples] == sorted(s.t_ns for s in batch.samples)
    assert (batch.t_ns, batch.until_ns) == (0, 50_000_000)
    cut = records(1)
    tree.feed(cut[:30])
    assert adapter.read_spectra(duration_s=0.05).samples == ()
    tree.feed(cut[30:] + b"rubbish-between" + records(3))
    batch = adapter.read_spectra(duration_s=0.05)
    assert len(batch.samples) == 4
    assert sum(batch.dropped.values()) == 1
    assert adapter.health().numbers["spectra"] == 19.0


def test_a_chip_whose_clock_is_set_back_does_not_fall_behind_the_session(tmp_path: Path) -> None:
    tree, clock = SpectralTree(tmp_path), ManualClock()
    adapter = opened(tree, clock)
    for _ in range(20):
        tree.feed(records(4))
        batch = adapter.read_spectra(duration_s=1.0)
        assert batch.samples[-1].t_ns >= clock.now_ns() - 2 * spectral.LAG_NS - 1_000_000_000


def test_silence_rubbish_and_unplugging_are_losses_and_heal(tmp_path: Path) -> None:
    tree, clock = SpectralTree(tmp_path), ManualClock()
    adapter = opened(tree, clock)
    with pytest.raises(DeviceLost) as silent:
        adapter.read_spectra(duration_s=4.0)
    assert silent.value.reason is Reason.STALLED
    adapter.reopen()
    tree.feed(b"\xff" * 5000)
    with pytest.raises(DeviceLost) as rubbish:
        adapter.read_spectra(duration_s=4.0)
    assert rubbish.value.reason is Reason.GARBAGE
    tree.plug()
    adapter.reopen()
    tree.unplug()
    with pytest.raises(DeviceLost) as away:
        adapter.read_spectra(duration_s=0.05)
    assert away.value.reason is Reason.UNPLUGGED
    with pytest.raises(DeviceLost):
        adapter.reopen()
    assert not adapter.health().ok
    tree.plug()
    adapter.reopen()
    tree.feed(records(3))
    assert len(adapter.read_spectra(duration_s=0.05).samples) == 3
    assert adapter.health().ok


@pytest.mark.parametrize(
    ("number", "kind"), [(errno.EACCES, DeviceDenied), (errno.EBUSY, DeviceBusy), (errno.EIO, DeviceMissing)]
)
def test_what_refuses_to_open_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, kind: type[Exception]
) -> None:
    tree = SpectralTree(tmp_path)

    def refuse(*_args: Any) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(spectral.os, "open", refuse)
    with pytest.raises(kind) as error:
        opened(tree)
    assert error.value.hint  # type: ignore[attr-defined]


def test_a_kernel_without_it_is_told_from_no_adapter_at_all(tmp_path: Path) -> None:
    with pytest.raises(DeviceMissing, match="no Wi-Fi adapter that makes spectra"):
        find_driver(tmp_path)
    driver = tmp_path / "sys/bus/usb/drivers/ath9k_htc"
    driver.mkdir(parents=True)
    phy = tmp_path / "sys/class/ieee80211/phy0/device"
    phy.mkdir(parents=True)
    (phy / "driver").symlink_to(driver)
    (tmp_path / "sys/kernel/debug/ieee80211/phy0/ath9k_htc").mkdir(parents=True)
    with pytest.raises(DeviceMissing, match="ath9k_htc driver of this kernel") as error:
        find_driver(tmp_path)
    assert "CONFIG_ATH9K_COMMON_SPECTRAL" in error.value.hint
    assert "Raspberry Pi OS" in error.value.hint


def test_a_driver_without_relay_files_is_missing(tmp_path: Path) -> None:
    tree = SpectralTree(tmp_path, relays=0)
    with pytest.raises(DeviceMissing, match="relays no spectra"):
        opened(tree)

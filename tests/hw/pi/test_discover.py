"""Discovery over a made-up machine: what is found, how it is chosen, what keeps it from use."""

from __future__ import annotations

from pathlib import Path

import pytest

from hw.errors import MissingComponent
from hw.kit import BACKENDS
from hw.pi.discover import Found, discover
from hw.pi.nl80211 import Wireless
from hw.pi.usb_ports import dongles
from tests.hw.pi.kernel import Kernel
from tests.hw.pi.spectral_tree import SpectralTree


def write(root: Path, path: str, text: str = "") -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def dongle(root: Path) -> Path:
    ids = {"idVendor": "0bda", "idProduct": "2838", "serial": "00000042", "busnum": "1", "devnum": "7"}
    for key, value in ids.items():
        write(root, f"sys/bus/usb/devices/1-1/{key}", f"{value}\n")
    write(root, "sys/bus/usb/devices/2-1/idVendor", "1d6b\n")
    return write(root, "dev/bus/usb/001/007")


def kernel() -> Wireless:
    made = Kernel(
        {0: ("phy0", False, [2412], []), 1: ("phy1", True, [2412, 2437, 5180, 5955], [])},
    )
    made.interfaces = {2: ["wlan0", 0, 2], 3: ["wlan1", 1, 2]}
    return Wireless(made)


def found(root: Path, role: str) -> list[Found]:
    return [f for f in discover(root=root, wireless=kernel) if f.role == role]


def test_an_empty_machine_has_nothing(tmp_path: Path) -> None:
    assert discover(root=tmp_path, wireless=kernel) == ()


def test_an_adapter_that_counts_airtime_and_one_that_makes_spectra_are_found(tmp_path: Path) -> None:
    for name in ("wlan0", "wlan1"):
        write(tmp_path, f"sys/class/net/{name}/phy80211/index", "0")
    counted = [one for one in found(tmp_path, "survey") if one.usable]
    assert [one.name for one in counted] == ["wlan0", "wlan1"]
    assert found(tmp_path, "spectral") == []
    SpectralTree(tmp_path, driver="ath10k")
    (spectra,) = found(tmp_path, "spectral")
    assert (spectra.usable, spectra.detail) == (True, "driver ath10k")


def test_an_atheros_driver_without_spectra_says_which_kernel_it_takes(tmp_path: Path) -> None:
    driver = tmp_path / "sys/bus/usb/drivers/ath9k_htc"
    driver.mkdir(parents=True)
    device = tmp_path / "sys/class/ieee80211/phy0/device"
    device.mkdir(parents=True)
    (device / "driver").symlink_to(driver)
    (spectra,) = found(tmp_path, "spectral")
    assert not spectra.usable
    assert "CONFIG_ATH9K_HTC_DEBUGFS" in spectra.hint


def test_a_dongle_is_found_with_its_serial(tmp_path: Path) -> None:
    dongle(tmp_path)
    (only,) = found(tmp_path, "sdr")
    assert only.usable
    assert only.choose == 'hw.sdr.serial = "00000042"'
    assert "RTL2838" in only.name


def test_dongles_with_one_serial_are_chosen_by_their_ports(tmp_path: Path) -> None:
    for port, serial in (("1-1.2", "00000001"), ("1-1.4", "00000001"), ("2-1", ""), ("2-2", "77")):
        for key, value in {"idVendor": "0bda", "idProduct": "2838", "serial": serial}.items():
            write(tmp_path, f"sys/bus/usb/devices/{port}/{key}", f"{value}\n")
    assert [one.choose for one in found(tmp_path, "sdr")] == [
        'hw.sdr.serial = "usb:1-1.2"',
        'hw.sdr.serial = "usb:1-1.4"',
        'hw.sdr.serial = "usb:2-1"',
        'hw.sdr.serial = "77"',
    ]


def test_the_dvb_driver_is_named_as_the_hindrance(tmp_path: Path) -> None:
    dongle(tmp_path)
    driver = tmp_path / "sys/bus/usb/drivers/dvb_usb_rtl28xxu"
    driver.mkdir(parents=True)
    interface = tmp_path / "sys/bus/usb/devices/1-1/1-1:1.0"
    interface.mkdir()
    (interface / "driver").symlink_to(driver)
    (only,) = found(tmp_path, "sdr")
    assert not only.usable
    assert "blacklist" in only.hint


def test_a_dongle_without_rights_names_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dongle(tmp_path)
    monkeypatch.setattr("os.access", lambda *_args: False)
    (only,) = found(tmp_path, "sdr")
    assert not only.usable
    assert "rules" in only.hint


def test_adapters_say_what_they_can(tmp_path: Path) -> None:
    for name, state in (("wlan0", "down"), ("wlan1", "down")):
        write(tmp_path, f"sys/class/net/{name}/phy80211/name")
        write(tmp_path, f"sys/class/net/{name}/operstate", state)
    write(tmp_path, "sys/class/net/eth0/operstate", "up")
    cannot, can = found(tmp_path, "monitor")
    assert (cannot.name, cannot.usable) == ("wlan0", False)
    assert "cannot monitor" in cannot.hint
    assert (can.name, can.usable, can.hint) == ("wlan1", True, "")
    assert can.detail == "2.4 GHz 2 channels, 5 GHz 1 channels, 6 GHz 1 channels"
    assert can.choose == 'hw.monitor.interface = "wlan1"'
    write(tmp_path, "sys/class/net/wlan1/operstate", "up")
    assert "nmcli" in found(tmp_path, "monitor")[1].hint


def test_without_pyroute2_adapters_are_still_listed(tmp_path: Path) -> None:
    write(tmp_path, "sys/class/net/wlan0/phy80211/name")

    def absent() -> Wireless:
        raise MissingComponent("pyroute2 is not installed", hint="Install it.")

    (only,) = discover(root=tmp_path, wireless=absent)
    assert (only.name, only.usable) == ("wlan0", False)
    assert "pyroute2" in only.hint


def test_controllers_cameras_and_batteries(tmp_path: Path) -> None:
    for name in ("hci0", "hci0:12"):
        write(tmp_path, f"sys/class/bluetooth/{name}/type")
    for number, name in enumerate(("unicam-image", "bcm2835-codec-decode", "HD Webcam")):
        write(tmp_path, f"sys/class/video4linux/video{number}/name", name)
    write(tmp_path, "sys/class/power_supply/BAT0/type", "Battery")
    assert [f.choose for f in found(tmp_path, "ble")] == ["hw.ble.hci = 0"]
    port, webcam = found(tmp_path, "camera")
    assert port.name == "Pi camera port"
    assert webcam.choose == 'hw.camera.source = "/dev/video2"'
    assert [f.name for f in found(tmp_path, "battery")] == ["BAT0"]


def test_a_pi_has_a_header_and_says_which_bus_is_off(tmp_path: Path) -> None:
    write(tmp_path, "proc/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0\0")
    write(tmp_path, "dev/spidev0.0")
    spi, i2c = found(tmp_path, "display")
    assert (spi.usable, i2c.usable) == (True, False)
    assert "do_i2c" in i2c.hint
    assert found(tmp_path, "leds")[0].detail == "Raspberry Pi 5 Model B Rev 1.0"


def test_every_role_that_is_found_is_a_role_of_the_kit(tmp_path: Path) -> None:
    dongle(tmp_path)
    write(tmp_path, "proc/device-tree/model", "Raspberry Pi 4\0")
    assert {f.role for f in discover(root=tmp_path, wireless=kernel)} <= {*BACKENDS["pi"], "leds"}


def test_usb_numbers_are_well_formed() -> None:
    assert all(len(n) == 9 and n[4] == ":" and int(n.replace(":", ""), 16) for n in dongles())

"""The unit, the device rules, the installer and the notifier, as far as they can be tried without a Pi."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from firmware.runtime.service_notify import Notifier
from hw.pi.usb_ports import dongles

FOLDER = Path(__file__).parents[3] / "firmware/systemd"
SCRIPT = FOLDER / "install-pi.sh"


def unit() -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for line in (FOLDER / "ansim.service").read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            values.setdefault(key, []).append(value)
    return values


def test_the_service_is_watched_bounded_and_not_root() -> None:
    settings = unit()
    assert settings["Type"] == ["notify"]
    assert int(settings["WatchdogSec"][0]) > 0
    assert settings["Restart"] == ["always"]
    assert settings["User"] == ["ansim"]
    assert settings["CapabilityBoundingSet"] == ["CAP_NET_RAW CAP_NET_ADMIN"]
    assert settings["SocketBindDeny"] == ["any"]
    assert settings["StateDirectoryMode"] == ["0700"]
    assert settings["RuntimeDirectoryMode"] == ["0750"]


def test_systemd_itself_finds_no_mistake(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / "ansim.service"
    text = (FOLDER / "ansim.service").read_text()
    copy.write_text(text.replace("/opt/ansim/venv/bin/ansim run", "/bin/true"))
    done = subprocess.run([program, "verify", "--man=no", str(copy)], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if "ansim.service" in line or "Accepting" in line]
    assert complaints == []


def test_systemd_calls_the_service_well_confined() -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed")
    command = [program, "security", "--offline=true", "--no-pager", str(FOLDER / "ansim.service")]
    done = subprocess.run(command, capture_output=True, text=True)
    level = re.search(r"exposure level for ansim.service: ([0-9.]+)", done.stdout)
    if level is None:
        pytest.skip("this systemd-analyze cannot judge a unit offline")
    assert float(level.group(1)) < 3.0  # 9.6 without any of it


def test_the_rules_name_the_same_dongles_as_the_driver() -> None:
    rules = (FOLDER / "70-ansim.rules").read_text()
    named = re.findall(r'ATTR\{idVendor\}=="(\w{4})", ATTR\{idProduct\}=="(\w{4})"', rules)
    assert {f"{vendor}:{product}" for vendor, product in named} == set(dongles())
    assert "0666" not in rules


def test_networkmanager_reads_its_file() -> None:
    parsed = configparser.ConfigParser(delimiters=("=",))
    parsed.read(FOLDER / "90-ansim-networkmanager.conf")
    assert parsed["keyfile"]["unmanaged-devices+"] == "interface-name:ansim*"


def run_script(*arguments: str, root: Path | None = None) -> subprocess.CompletedProcess[str]:
    environ = os.environ | ({"ANSIM_ROOT": str(root)} if root else {})
    return subprocess.run(["sh", str(SCRIPT), *arguments], capture_output=True, text=True, env=environ)


def test_a_dry_run_changes_nothing_and_says_everything() -> None:
    done = run_script("--dry-run")
    assert done.returncode == 0, done.stderr
    plan = done.stdout
    for step in (
        "apt-get install",
        "venv --clear --system-site-packages",
        "useradd --system",
        "systemctl enable",
    ):
        assert step in plan
    assert "constraints.txt" in plan  # apt's numpy stays
    assert "[pi,diag,report]" in plan
    assert all(line.startswith(("+ ", "== ")) for line in plan.splitlines())


def test_files_are_put_once(tmp_path: Path) -> None:
    assert run_script("--files-only", root=tmp_path).returncode == 0
    placed = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.is_file()}
    assert {p.name for p in placed} == {
        "ansim.service",
        "70-ansim.rules",
        "blacklist-ansim-dvb.conf",
        "90-ansim-networkmanager.conf",
    }
    assert run_script("--files-only", root=tmp_path).returncode == 0
    assert {p: p.stat().st_mtime_ns for p in placed} == placed


def test_uninstalling_keeps_records_and_purging_does_not() -> None:
    keep, purge = run_script("--uninstall", "--dry-run").stdout, run_script("--purge", "--dry-run").stdout
    assert "rm -rf /var/lib/ansim" not in keep
    assert "Records stay" in keep
    assert "rm -rf /var/lib/ansim /etc/ansim" in purge


def test_an_unknown_option_is_refused() -> None:
    done = run_script("--frobnicate")
    assert done.returncode == 2
    assert "--frobnicate" in done.stderr


# ---- what the unit hears


def test_systemd_hears_ready_alive_and_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,  # a socket's path must be short
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear,
    ):
        ear.bind(f"{folder}/n")
        ear.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", f"{folder}/n")
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        notifier = Notifier()
        assert notifier.interval_s == 15.0
        notifier.ready("4 sensors\nREADY=0")
        assert ear.recv(200) == b"READY=1\nSTATUS=4 sensors READY=0"
        notifier.alive()
        assert ear.recv(200) == b"WATCHDOG=1"
        notifier.stopping()
        assert ear.recv(200) == b"STOPPING=1"
        notifier._link.socket.close()


@pytest.mark.parametrize("environ", [{}, {"WATCHDOG_USEC": "soon"}, {"NOTIFY_SOCKET": ""}])
def test_outside_a_service_nothing_happens(environ: dict[str, str]) -> None:
    notifier = Notifier(environ)
    notifier.ready()
    notifier.alive("well")
    notifier.stopping()
    assert notifier.interval_s is None


def test_without_sdnotify_nothing_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sdnotify", None)
    Notifier({"NOTIFY_SOCKET": "/run/x"}).ready()

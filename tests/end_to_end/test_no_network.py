"""The demonstration, a scan and a verification work where there is no network at all, not even loopback."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.test_privacy import NETWORK_OF_THE_CAMERA, SCENE, scanned

ROOT = Path(__file__).parents[2]
ANSIM = "from firmware.cli.app import main; main()"
NOT_LONG_ENOUGH = 11
CAMERA = "30:7b:c9:42:1e:8a"  # of the scene: the finding, no bystander


def alone(*command: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a network namespace of its own, in which nothing is up."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rn", "true"], check=False).returncode:
        pytest.skip("no network namespaces here")
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(home))
    environment = {**os.environ, **places, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    return subprocess.run(
        [unshare, "-rn", sys.executable, "-c", ANSIM, *command],
        capture_output=True, text=True, cwd=home, env=environment, timeout=300, check=False,
    )  # fmt: skip


def test_the_namespace_has_no_way_out(tmp_path: Path) -> None:
    unshare = shutil.which("unshare") or pytest.skip("no unshare here")
    connect = "import socket; socket.create_connection(('127.0.0.1', 9), timeout=2)"
    done = subprocess.run(
        [unshare, "-rn", sys.executable, "-c", connect], capture_output=True, text=True, check=False
    )
    assert "unreachable" in done.stderr


def test_a_scan_is_kept_exported_and_verified_without_a_network(tmp_path: Path) -> None:
    scan = ("scan", "all", "--kit", "sim:wifi-camera?seed=1", "--duration", "6", "--keep", "A/1/1")
    done = alone(*scan, home=tmp_path)
    assert done.returncode == NOT_LONG_ENOUGH, done.stderr
    name = done.stderr.split("ansim report show ")[1].split()[0]
    exported = alone("report", "export", name, home=tmp_path)
    assert exported.returncode == 0, exported.stderr
    assert (
        alone("report", "verify", f"ansim-{name}.zip", "--lang", "en", home=tmp_path).returncode
        == NOT_LONG_ENOUGH
    )


@pytest.mark.slow
def test_the_demonstration_needs_no_network_and_names_no_bystander(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    done = alone("demo", "--scene", SCENE, "--out", str(folder), home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (folder / "summary-ko.html").is_file()
    # its recording is what was heard, and the folder is its owner's
    assert (folder / "session").stat().st_mode & 0o077 == 0
    told = {path: found for path, found in scanned(folder).items() if not path.startswith("session/")}
    assert set().union(*told.values()) <= {NETWORK_OF_THE_CAMERA, CAMERA}

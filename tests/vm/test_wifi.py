"""ansim's Wi-Fi sensor on the kernel's own nl80211, mac80211 and AF_PACKET, in a machine booted for it.

The radios are mac80211_hwsim's: what they send goes from one to the other without air, everything above is
what a real adapter has. Figures of these rooms say nothing about range.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.vm.kernel import Kernel, NoKernel, fetch_kernel
from tests.vm.machine import NoMachine, Ran, run_in_guest

pytestmark = [pytest.mark.vm, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
CAMERA = "02:00:00:00:01:00"
ROOM_S = 200
ROOM_TOOLS = ("hostapd", "ip", "iw", "python3")
SCAN = "scan wifi --kit pi --set hw.monitor.interface=wlan3 --lang en --jsonl"
HWSIM = "mac80211_hwsim radios=4"
TROUBLE = re.compile(r"WARNING:|BUG:|Oops|Call Trace|general protection")


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    try:
        return fetch_kernel()
    except NoKernel as error:
        pytest.skip(f"no kernel to boot: {error}")


def guest(kernel: Kernel, command: str, folder: Path) -> Ran:
    for tool in ROOM_TOOLS:
        if shutil.which(tool, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
            pytest.skip(f"{tool} is not installed: the room is made with it")
    room = f"sh {ROOT}/tests/vm/guest/camera_room.sh {ROOM_S} || exit 99"
    ansim = "ansim() { " + f"{ROOT}/.venv/bin/python -m firmware.cli.app" + ' "$@"; }'
    try:
        ran = run_in_guest(
            kernel,
            "\n".join([room, f"cd {ROOT}", ansim, command]),
            modules=[HWSIM],
            environment={"NO_COLOR": "1", "TERM": "dumb"},
            folder=folder,
            timeout_s=600,
        )
    except NoMachine as error:
        pytest.skip(str(error))
    assert not [line for line in ran.kernel_lines if TROUBLE.search(line)]
    return ran


def json_lines(ran: Ran) -> list[dict[str, Any]]:
    lines = [line[line.index('{"type"') :] for line in ran.text.splitlines() if '{"type"' in line]
    return [json.loads(line) for line in lines]


def test_a_camera_that_streams_through_the_kernels_mac80211_is_found(kernel: Kernel, tmp_path: Path) -> None:
    ran = guest(kernel, f"ansim {SCAN} --duration 45", tmp_path)
    assert ran.code == 10, ran.text[-3000:]
    said = json_lines(ran)
    verdict = said[-1]
    assert verdict["level"] in {"check", "likely_camera"}
    stations = {line["mac"]: line for line in said if line["type"] == "station"}
    assert stations[CAMERA]["channel_mhz"] == 2437
    assert stations[CAMERA]["streaming_score"] > 0.5
    assert {c["subject"] for c in verdict["contributions"] if c["log_lr"] > 1.0} == {CAMERA}
    assert verdict["coverage"]["wifi"] > 0.3


def test_an_adapter_that_is_pulled_out_is_said_and_no_negative_is_given(
    kernel: Kernel, tmp_path: Path
) -> None:
    listening = "until iw dev | grep -q 'type monitor'; do sleep 1; done"
    pulled = f"({listening}; sleep 15; busybox rmmod mac80211_hwsim) & "
    ran = guest(kernel, pulled + f"ansim {SCAN} --duration 45", tmp_path)
    verdict = json_lines(ran)[-1]
    assert verdict["level"] != "nothing_found"
    assert "wifi" in verdict["failed"]

"""Runs all self-tests of one unit, role by role, and yields each result as it ends.

A device is opened once for all its tests and closed after them. The first test in which it raises ends its
tests, not those of the others. What is not part of the kit (a recording has no screen) is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from firmware.diag import camera_checks, panel, radio_checks, sdr_checks
from firmware.diag.high_ways import WAYS, high_ways, is_absent_way
from firmware.diag.machine import Unit, machine_checks
from firmware.diag.model import Asked, Check, DiagBench, Probe, Result, broken, failed, passed, warned
from firmware.i18n.catalog import Sentence
from hw.clock import ManualClock, SystemClock
from hw.config import HwConfig
from hw.errors import BadKit, DeviceMissing, EndOfRecording, HwError, MissingComponent
from hw.kit import BACKENDS, SECOND_ROLES, SENSOR_ROLES, CameraWithLeds, open_device, parse_spec

PROBES: Mapping[str, tuple[Probe, ...]] = {
    "sdr": sdr_checks.PROBES,
    "spectral": radio_checks.SPECTRAL_PROBES,
    "survey": radio_checks.SURVEY_PROBES,
    "video_receiver": radio_checks.VIDEO_RECEIVER_PROBES,
    "monitor": radio_checks.MONITOR_PROBES,
    "ble": radio_checks.BLE_PROBES,
    "camera": camera_checks.PROBES,
    **panel.PROBES,
}

__all__ = ["Check", "Result", "Unit", "run_checks"]


def run_checks(
    spec: str,
    config: HwConfig,
    *,
    unit: Unit,
    asked: Asked | None = None,
    on_begin: Callable[[str], None] | None = None,
) -> Iterator[Check]:
    """Yield the checks of a kit and of the unit, one by one as they end.

    Parameters
    ----------
    spec : str
        ``auto``, ``pi``, ``replay:PATH`` or ``sim:SCENE``; the last two run as fast as they can.
    unit : Unit
        Where the unit keeps records and calibration.
    asked : Asked, optional
        A fed tone, time to press the buttons.
    on_begin : callable, optional
        Called with the name of each test before it runs.

    Raises
    ------
    BadKit
        There is no such kit. A recording that cannot be read fails its own tests instead.
    """
    begin = on_begin or (lambda _name: None)
    hearing = 0
    told: list[Check] = []
    for role in BACKENDS[parse_spec(spec)[0]]:
        mine: list[Check] = []
        for check in _check_role(role, spec, config, asked or Asked(), begin):
            mine.append(check)
            if not is_absent_way(check):
                yield check
        told += mine
        ends = [check.result for check in mine]
        well = ends[:1] == [Result.PASS] and Result.FAIL not in ends
        hearing += role in SENSOR_ROLES and well
    if any(check.name in WAYS.values() for check in told):  # no rows where a kit is not asked for them
        yield from high_ways(told)
    yield _sensors(hearing)
    yield from machine_checks(unit)


def _sensors(hearing: int) -> Check:
    """Say whether there is anything at all to find a camera with."""
    said = {"senses": float(hearing), "of": float(len(SENSOR_ROLES))}
    if not hearing:
        return failed("senses", "check.remedy.senses", **said)
    if hearing < len(SENSOR_ROLES):
        return warned("senses", "check.remedy.some_senses", **said)
    return passed("senses", **said)


def _check_role(
    role: str, spec: str, config: HwConfig, asked: Asked, begin: Callable[[str], None]
) -> Iterator[Check]:
    backend = parse_spec(config.backend.get(role, spec))[0]
    clock = SystemClock() if backend == "pi" else ManualClock()
    begin(role)
    try:
        device = open_device(role, spec=spec, config=config, clock=clock)
    except (DeviceMissing, MissingComponent) as error:
        if role in SECOND_ROLES and backend != "pi":
            return
        needed = spec != "auto" and role in SENSOR_ROLES and backend != "replay"
        yield broken(role, error, Result.FAIL if needed else Result.WARN)
        return
    except BadKit:
        raise
    except HwError as error:
        yield broken(role, error)
        return
    bench = DiagBench(device=device, clock=clock, config=config, asked=asked, live=backend != "replay")
    try:
        yield from _probe(PROBES[role], bench, begin)
    finally:
        for part in _parts(device):
            part.close()


def _probe(probes: tuple[Probe, ...], bench: DiagBench, begin: Callable[[str], None]) -> Iterator[Check]:
    for name, run in probes:
        begin(name)
        try:
            check = run(bench)
        except EndOfRecording as error:
            yield broken(name, error, Result.WARN)
            return
        except HwError as error:
            yield broken(name, error)
            return
        if check is not None:
            yield check
    yield from _unwell(probes[0].name, bench.device)


def _unwell(name: str, device: Any) -> Iterator[Check]:
    """Give the device the last word: it may know of trouble that no single reading shows."""
    for part in _parts(device):
        health = part.health()
        if not health.ok:
            yield Check(
                name=f"{name}.health",
                result=Result.WARN,
                said=Sentence(key=f"hint.{health.reason}"),
                reason=health.reason,
                hint=health.hint,
            )


def _parts(device: Any) -> tuple[Any, ...]:
    return tuple(device) if isinstance(device, CameraWithLeds) else (device,)

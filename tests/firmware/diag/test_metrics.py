"""The metrics file is OpenMetrics, replaced whole, and a disk that is full ends no run."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from firmware.diag.metrics import MetricsFile, metrics_text
from firmware.verdict.engine import Snapshot
from firmware.verdict.sensor_state import SensorStatus
from hw.types import Counts
from tests.firmware.cli.test_jsonl import VERDICT

COUNTS = Counts(sensor="wifi", read=7, dropped={'a"b\nc': 2})
SENSORS = (
    SensorStatus(name="wifi", state="running", coverage=0.25, counts=COUNTS),
    SensorStatus(name="lens", state="missing", coverage=None),
)
MOMENT = Snapshot(
    t_ns=2_500_000_000, elapsed_s=2.5, phase="scanning", inspection=1, verdict=VERDICT, sensors=SENSORS,
    findings=(),
)  # fmt: skip
VALUE = r'"(?:[^"\\\n]|\\["\\n])*"'
LINE = re.compile(rf"[a-z_]+(\{{[a-z_]+={VALUE}(,[a-z_]+={VALUE})*\}})? [-+.e0-9]+")


def test_every_line_is_open_metrics_and_the_last_one_ends_it() -> None:
    text = metrics_text(MOMENT)
    lines = text.splitlines()
    assert text.endswith("# EOF\n")
    assert all(line.startswith("# TYPE ansim_") or LINE.fullmatch(line) for line in lines[:-1]), text
    assert 'ansim_sensor_up{sensor="wifi"} 1' in lines
    assert 'ansim_sensor_up{sensor="lens"} 0' in lines
    assert 'ansim_sensor_coverage{sensor="wifi"} 0.25' in lines
    assert not any('coverage{sensor="lens"' in line for line in lines)
    assert 'ansim_sensor_read_total{sensor="wifi"} 7' in lines
    assert sum(line.endswith(" 1") for line in lines if line.startswith("ansim_level{")) == 1


def test_the_file_is_written_whole_every_fifteen_seconds_and_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "ansim.prom"
    file = MetricsFile(path)
    file.publish(MOMENT)
    first = path.read_text(encoding="utf-8")
    file.publish(replace(MOMENT, t_ns=MOMENT.t_ns + 10**9))
    assert path.read_text(encoding="utf-8") == first
    file.publish(replace(MOMENT, t_ns=MOMENT.t_ns + 15 * 10**9))
    second = path.read_text(encoding="utf-8")
    assert second != first
    file.publish(replace(MOMENT, t_ns=MOMENT.t_ns + 16 * 10**9, phase="finished"))
    assert path.read_text(encoding="utf-8") != second
    assert [p.name for p in tmp_path.iterdir()] == ["ansim.prom"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_folder_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    MetricsFile(tmp_path / "gone" / "ansim.prom").publish(MOMENT)
    assert not (tmp_path / "gone").exists()

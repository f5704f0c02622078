"""A child that presses as fast as it can until it is killed: run as a module."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from firmware.inspection.record_writer import KeepJob, RecordWriter
from firmware.inspection.site_plan import SitePlan
from firmware.inspection.state import Begin, Export, InspectionState, Keep, Moment
from firmware.inspection.state_machine import InspectionMachine
from firmware.inspection.visit_records import VisitFindings
from firmware.records.save_scan import span_until_now
from firmware.settings.settings import load_settings
from firmware.verdict.engine import Snapshot
from firmware.verdict.model import Level, Verdict

VERDICT = Verdict(
    level=Level.NOTHING_FOUND, probability=0.004, prior=0.005, log_lr=-0.2, share_caught=0.3,
    coverage={"rf": None, "wifi": 0.6, "ble": 1.0, "lens": None}, contributions=(),
)  # fmt: skip
SNAPSHOT = Snapshot(
    t_ns=0, elapsed_s=20.0, phase="finished", inspection=1, verdict=VERDICT, sensors=(), findings=()
)
PLAN = SitePlan.model_validate({"site": {"name": "S"}, "room": [{"name": "R", "cubicles": 200}]})
NOW = Moment(level="nothing_found", fresh_id="20261122-120000-abcdef")


def stride(folder: Path) -> None:
    """Measure the corridor, then leave cubicle after cubicle."""
    settings = load_settings(overrides=(f"records.folder={folder}",))
    machine, state = InspectionMachine({}), InspectionState(plans=(PLAN,))
    with RecordWriter(folder, settings=settings, kit="sim:empty-room", simulated=True) as writer:
        for word in ("ok", "ok", *["ok_held", "ok", "ok"] * 150):
            state, effects = machine.press(state, word, NOW)  # type: ignore[arg-type]
            for effect in effects:
                if isinstance(effect, Keep):
                    found = VisitFindings(snapshot=SNAPSHOT, span=span_until_now(20.0))
                    writer.submit(KeepJob(keep=effect, findings=found))
                elif not isinstance(effect, Begin | Export):
                    writer.submit(effect)  # type: ignore[arg-type]
            sys.stdout.write(f"{state.stage} {state.visit}\n")
            sys.stdout.flush()
            time.sleep(0.004)


if __name__ == "__main__":
    stride(Path(sys.argv[1]))

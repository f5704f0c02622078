"""Opens an inspection for `ansim run`, with the record writer that stores its records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from firmware.inspection.controller import InspectionController
from firmware.inspection.record_writer import RecordWriter
from firmware.inspection.site_plan import Sites, load_sites, read_plan
from firmware.inspection.state import InspectionState
from firmware.inspection.state_machine import InspectionMachine
from firmware.inspection.visit_records import new_inspection_id
from firmware.log import get_logger
from firmware.records.compare.site_knowledge import SiteAllowlist
from firmware.records.provenance import source_of
from firmware.records.save_scan import records_home
from firmware.settings.settings import Settings

log = get_logger(__name__)


def sites_of(settings: Settings, plan: Path | None) -> Sites:
    """Return the site plans of this unit, or the named one; mistakes in the others are logged.

    Raises
    ------
    SettingsError
        With every mistake in the plan that was named.
    """
    if plan is not None:
        return Sites(plans=(read_plan(plan),))
    sites = load_sites(Path(settings.walk.sites))
    for mistake in sites.mistakes:
        log.warning("site plan left out", what=str(mistake))
    return sites


@contextmanager
def open_inspection(
    kit: str,
    settings: Settings,
    *,
    wanted: bool,
    plan: Path | None = None,
    personal: bool = False,
    threaded: bool = True,
    knowledge: SiteAllowlist | None = None,
) -> Iterator[InspectionController | None]:
    """Open the inspection where it is wanted; on leaving, the record writer finishes its jobs."""
    if not wanted:
        yield None
        return
    sites = sites_of(settings, plan)
    simulated = source_of(kit, settings.hw.backend).simulated
    folder = records_home(settings)
    with RecordWriter(folder, settings=settings, kit=kit, simulated=simulated, threaded=threaded) as writer:
        writer.knowledge = knowledge or writer.knowledge
        state = InspectionState(plans=sites.plans)
        controller = InspectionController(InspectionMachine(settings.walk.least), state, writer)
        if personal:
            controller.state = InspectionState(
                plans=sites.plans, stage="personal", inspection_id=new_inspection_id()
            )
        elif plan is not None:
            controller.begin("inspection")
        yield controller

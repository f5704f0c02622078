"""Says on one page what a machine without any device of ansim can still do: `ansim run` on a plain laptop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from firmware.i18n.catalog import Catalog
from firmware.i18n.escape import visible
from firmware.inspection.checklists import guided_steps
from hw.pi.discover import Found

SENSORS = frozenset({"sdr", "monitor", "ble", "camera"})
PANEL = "display"
WAYS: tuple[tuple[str, str], ...] = (
    ("bare.eye", "ansim run --personal --window"),
    ("bare.photos", "ansim scan lens RING.jpg OFF.jpg"),
    ("bare.wifi", "ansim scan wifi"),
    ("bare.ble", "ansim scan ble"),
    ("bare.try", "ansim run --kit sim:six-cubicles --window"),
)  # fmt: skip
NAME_MOST = 80  # graphemes of a device's name


def is_bare(found: Sequence[Found], environ: Mapping[str, str]) -> bool:
    """Say whether no usable sensor and no panel is here, and a person, not systemd, is asking.

    A receiver that another program holds is one all the same: the run says so. Wi-Fi, Bluetooth and cameras
    that are of no use are what every laptop has.
    """
    useful = any(one.role == "sdr" or (one.usable and one.role in SENSORS) for one in found)
    return not useful and not any(one.role == PANEL for one in found) and not environ.get("NOTIFY_SOCKET")


def print_ways(console: Console, found: Sequence[Found], catalog: Catalog) -> None:
    """Print what is here and what is missing of it, what can be done, and where to look by eye."""
    console.print(Text(str(catalog.text("bare.title")), style="bold"))
    for one in found:
        name = visible(f"{one.name} {one.detail}".strip(), limit=NAME_MOST)
        console.print(Text(str(catalog.text("bare.unusable", name=name, hint=one.hint))))
    for number, (key, command) in enumerate(WAYS, start=1):
        console.print()
        console.print(Text(f"{number}. {catalog.text(key)}"))
        console.print(Padding(Text(command, style="bold cyan"), (0, 0, 0, 3)))
    console.print()
    console.print(Text(str(catalog.text("bare.places")), style="bold"))
    for step in guided_steps():
        if "lens" in step.until:
            console.print(
                Text(f"· {catalog.text(f'step.{step.key}')}: {catalog.text(f'step.{step.key}.how')}")
            )

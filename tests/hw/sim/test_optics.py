"""How much light a thing sends back, and where to."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim.camera import RING_RADIUS_M
from hw.sim.facets import OpticFacet
from hw.sim.optics import View, return_lobe, spots_of


def test_the_return_cone_holds_all_the_light() -> None:
    angles = np.linspace(0, 0.3, 4000)
    lobe = np.array([return_lobe(a, 20.0) for a in angles])
    assert float(np.sum(lobe * 2 * np.pi * angles) * (angles[1] - angles[0])) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "kind",
    [
        "lens",
        "chrome-sphere",
        "chrome-edge",
        "tile",
        "screw",
        "water-drop",
        "reflector-tape",
        "bead",
        "spectacles",
        "eye",
        "phone-camera",
        "led",
        "lamp",
    ],
)
def test_every_kind_gives_light_and_never_less_than_none(kind: str) -> None:
    eye = np.array([0.0, 0.0, 0.0])
    view = View(
        eye_m=eye,
        lights_m={"ring": eye, "side": np.array([0.045, 0.0, 0.0])},
        ring_radius_m=RING_RADIUS_M,
        ambient=0.3,
    )
    spots = spots_of(OpticFacet(kind=kind, size_mm=5.0), view, np.array([0.0, 0.0, 0.5]))  # type: ignore[arg-type]
    fluxes = [f for spot in spots for f in spot.flux.values()]
    assert fluxes
    assert min(fluxes) >= 0
    assert max(fluxes) > 0

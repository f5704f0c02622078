"""Computes how much light a small thing sends back into the camera.

A glint's strength is its *flux*: the sum of its pixel values above the background, in DN·px, before the
sensor clips. With ``K`` the value of a white wall at 1 m, a thing that turns irradiance into radiant
intensity with the factor ``a`` (m²/sr) has the flux ``π·K·a·f²/(d_light²·d_eye²)`` (``f`` in pixels).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hw.sim.facets import OpticFacet

Light = Literal["ring", "side", "side2", "red", "self", "ambient"]
Point = NDArray[np.float64]

SCREEN_DOOR_LOBE_MRAD = 60.0  # a reflective IR-cut filter echoes near infrared defocused, over a wide cone
REFLECTIVE_ECHO_SHARE = 0.35
BLUE_GLASS_INFRARED_SHARE = 0.05  # blue glass absorbs near infrared, red passes
WIDE_TAIL_SHARE = 0.03  # aberrations: a little light returns three cones wide
FRONT_GLASS_RADIUS_M = 0.004  # the outermost lens surface is also a weak ball mirror
FRONT_GLASS_REFLECTANCE = 0.01
BEAD_ZONE_SHARE = 0.06  # of its disc: only the middle of an uncoated ball focuses on its back
BEAD_CONE_MRAD = 50.0
TAPE_CONE_TAIL_MRAD = 90.0
TAPE_REACH_DEG = 50.0  # entrance angle at which reflector tape has faded to half
GLAZE_ROUGHNESS_MRAD = 6.0  # how far a glazed tile smears a mirrored lamp
WHITE = math.pi
SPECTACLES_REACH_M = 0.12  # from between the eyes to the rim
HALO_REACH_M = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """Light that one thing adds to the picture, at a place in the room.

    ``flux`` is in units of ``K·f²`` (m⁻²·m² = 1), split by light; ``level`` (in units of ``K``) instead of
    flux for things with an area, whose ``half_size_m`` is given.
    """

    position_m: Point
    flux: Mapping[Light, float]
    half_size_m: float = 0.0
    square: bool = False
    streak_px: float = 0.0
    blur_mrad: float = 0.0
    width_m: float = 0.0  # of the lit aperture: it is not a point when near


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The places of the camera and its lights for one picture, in room coordinates."""

    eye_m: Point
    lights_m: Mapping[Light, Point]
    ring_radius_m: float
    ambient: float  # value of a white wall under the room's light, in units of K


def _unit(vector: Point) -> Point:
    return vector / max(_length(vector), 1e-9)


def _length(vector: Point) -> float:
    return math.sqrt(float(vector @ vector))  # `numpy.linalg.norm` takes five times as long on three numbers


def normal_of(facet: OpticFacet) -> Point:
    """Return the outward normal; yaw and pitch zero look straight back at the inspector (−z)."""
    yaw, pitch = math.radians(facet.normal_yaw_deg), math.radians(facet.normal_pitch_deg)
    return np.array(
        [math.sin(yaw) * math.cos(pitch), math.sin(pitch), -math.cos(yaw) * math.cos(pitch)], float
    )


def observation_angle_rad(view: View, light: Light, thing_m: Point) -> float:
    """Return the angle at the thing between a light and the eye; the ring counts with its radius.

    Parameters
    ----------
    view
        Where the camera stands and looks.
    light
        The lamp.
    thing_m
        Place of the thing in the room, m.

    Returns
    -------
    float
        Angle in radians.
    """
    distance = _length(thing_m - view.eye_m)
    if light in {"ring", "red"}:
        return view.ring_radius_m / distance
    a, b = _unit(view.lights_m[light] - thing_m), _unit(view.eye_m - thing_m)
    return math.acos(min(1.0, max(-1.0, float(a @ b))))


def return_lobe(angle_rad: float, cone_mrad: float) -> float:
    """Return the share of light per steradian that a retroreflector sends ``angle_rad`` off its source.

    Parameters
    ----------
    angle_rad
        Angle between the way to the source and the way to the camera, rad.
    cone_mrad
        Half width of the cone in which the light comes back, mrad.

    Returns
    -------
    float
        Share per steradian, 1/sr; for small cones its integral is 1.
    """
    theta = cone_mrad * 1e-3
    core = math.exp(-((angle_rad / theta) ** 2)) / (math.pi * theta**2)
    tail = math.exp(-((angle_rad / (3 * theta)) ** 2)) / (math.pi * 9 * theta**2)
    return (1 - WIDE_TAIL_SHARE) * core + WIDE_TAIL_SHARE * tail


def _spread(view: View, light: Light, thing_m: Point) -> float:
    """Return π/(d_light²·d_eye²)."""
    to_light, to_eye = view.lights_m[light] - thing_m, view.eye_m - thing_m
    return WHITE / max(float(to_light @ to_light) * float(to_eye @ to_eye), 1e-9)


def lens_flux(facet: OpticFacet, view: View, light: Light, thing_m: Point) -> float:
    """Return the flux of a camera lens: cat-eye return within its field of view, plus its front glass.

    Parameters
    ----------
    facet
        The thing that shines.
    view
        Where the camera stands and looks.
    light
        The lamp.
    thing_m
        Place of the thing in the room, m.

    Returns
    -------
    float
        Flux in units of ``K·f²``, as in `Spot`.
    """
    aperture_m2 = math.pi / 4 * (facet.size_mm * 1e-3) ** 2
    gaze = _unit(view.eye_m - thing_m)
    off_axis = math.degrees(math.acos(min(1.0, max(-1.0, float(gaze @ normal_of(facet))))))
    half = facet.field_of_view_deg / 2
    inside = max(0.0, 1 - (off_axis / half) ** 4) * math.cos(math.radians(min(off_axis, 89.0))) ** 2
    angle = observation_angle_rad(view, light, thing_m)
    lobe = return_lobe(angle, facet.return_cone_mrad)
    share = 1.0
    if light != "red":
        if facet.ir_cut == "reflective":
            share = 1 - REFLECTIVE_ECHO_SHARE
            lobe = share * lobe + REFLECTIVE_ECHO_SHARE * return_lobe(angle, SCREEN_DOOR_LOBE_MRAD)
            share = 1.0
        elif facet.ir_cut == "blue-glass":
            share = BLUE_GLASS_INFRARED_SHARE
    front = FRONT_GLASS_REFLECTANCE * FRONT_GLASS_RADIUS_M**2 / 4
    return _spread(view, light, thing_m) * (aperture_m2 * facet.reflectance * share * lobe * inside + front)


def _lens(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    flux = {light: lens_flux(facet, view, light, thing_m) for light in view.lights_m}
    return [Spot(position_m=thing_m, flux=flux, width_m=facet.size_mm * 1e-3)]


def _ball(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    """Return one highlight a light, each at its own point of the ball."""
    radius = facet.size_mm * 0.5e-3
    to_eye = _unit(view.eye_m - thing_m)
    spots = []
    for light, place in view.lights_m.items():
        half_way = _unit(to_eye + _unit(place - thing_m))
        flux = _spread(view, light, thing_m) * facet.reflectance * radius**2 / 4
        spots.append(Spot(position_m=thing_m + radius * half_way, flux={light: flux}))
    lamp = _unit(to_eye + np.array([0.2, 1.0, -0.2]))
    d2 = float(np.sum((view.eye_m - thing_m) ** 2))
    shine = view.ambient * facet.reflectance * radius**2 * 4 * WHITE / d2
    spots.append(Spot(position_m=thing_m + radius * lamp, flux={"ambient": shine}))
    return spots


def _drop(facet: OpticFacet, view: View, thing_m: Point, phase: float) -> list[Spot]:
    """Return a weak ball mirror whose back surface returns some light over a wide cone too."""
    inner = OpticFacet(kind="bead", size_mm=facet.size_mm * 0.3, return_cone_mrad=300.0, reflectance=0.04)
    return _ball(facet, view, thing_m, phase) + _bead(inner, view, thing_m, phase)[:1]


def _bead(facet: OpticFacet, view: View, thing_m: Point, phase: float) -> list[Spot]:
    """Return a glass ball: its middle zone returns light from every side, over a cone never narrow."""
    area = BEAD_ZONE_SHARE * math.pi / 4 * (facet.size_mm * 1e-3) ** 2
    cone = max(facet.return_cone_mrad, BEAD_CONE_MRAD)
    flux = {
        light: _spread(view, light, thing_m)
        * facet.reflectance
        * area
        * return_lobe(observation_angle_rad(view, light, thing_m), cone)
        for light in view.lights_m
    }
    front = facet.model_copy(update={"reflectance": FRONT_GLASS_REFLECTANCE * 4})
    return [Spot(position_m=thing_m, flux=flux), *_ball(front, view, thing_m, phase)]


def _screw(facet: OpticFacet, view: View, thing_m: Point, phase: float) -> list[Spot]:
    """Return a domed head with scratched facets: it sparkles, differently for each light and pose."""
    spots = []
    for spot in _ball(facet, view, thing_m, phase):
        flux = {}
        for light, value in spot.flux.items():
            source = view.lights_m.get(light, view.eye_m + np.array([0.0, 1.0, 0.0]))
            half_way = _unit(_unit(view.eye_m - thing_m) + _unit(source - thing_m))
            wave = math.sin(95.0 * half_way[0] + phase) + math.sin(83.0 * half_way[1] + 2.1 * phase)
            wave += math.sin(61.0 * (half_way[0] - half_way[1]) + 3.7 * phase)
            flux[light] = value * 0.6 * math.exp(1.2 * wave)
        spots.append(Spot(position_m=spot.position_m, flux=flux))
    return spots


def _mirror_points(view: View, thing_m: Point, normal: Point) -> dict[Light, tuple[Point, float]]:
    """Return, for each light, where on a flat mirror it is seen, and the folded path length."""
    seen: dict[Light, tuple[Point, float]] = {}
    eye_height = float((view.eye_m - thing_m) @ normal)
    for light, place in view.lights_m.items():
        height = float((place - thing_m) @ normal)
        if eye_height <= 0 or height <= 0:
            continue
        image = place - 2 * height * normal
        share = eye_height / (eye_height + height)
        seen[light] = (
            view.eye_m + share * (image - view.eye_m),
            _length(image - view.eye_m),
        )
    return seen


def _tile(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    """Return the lamp mirrored in a flat glaze: it walks over the tile with the hand and ends at its edge."""
    normal, half = normal_of(facet), facet.size_mm * 0.5e-3
    spots = []
    for light, (place, path) in _mirror_points(view, thing_m, normal).items():
        if float(np.max(np.abs(place - thing_m))) > half:
            continue
        flux = WHITE * facet.reflectance / path**2
        spots.append(
            Spot(position_m=place, flux={light: flux}, blur_mrad=GLAZE_ROUGHNESS_MRAD, streak_px=0.0)
        )
    return spots


def _edge(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    """Return a chrome bar along x: a streak that slides along it with the hand."""
    half, radius = facet.size_mm * 0.5e-3, 0.004
    spots = []
    for light, (place, _) in _mirror_points(view, thing_m, np.array([0.0, 0.0, -1.0])).items():
        along = float(place[0] - thing_m[0])
        if abs(along) > half:
            continue
        centre = thing_m + np.array([along, 0.0, -radius])
        flux = _spread(view, light, thing_m) * facet.reflectance * radius * half * 0.5
        spots.append(Spot(position_m=centre, flux={light: flux}, streak_px=6.0))
    return spots


def _tape(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    """Return an area that sends light back towards every lamp, over a wide range of entrance angles."""
    gaze = _unit(view.eye_m - thing_m)
    entrance = math.degrees(math.acos(min(1.0, max(-1.0, float(gaze @ normal_of(facet))))))
    reach = math.exp(-math.log(2) * (entrance / TAPE_REACH_DEG) ** 4)
    level: dict[Light, float] = {}
    for light, place in view.lights_m.items():
        angle = observation_angle_rad(view, light, thing_m)
        lobe = 0.7 * return_lobe(angle, facet.return_cone_mrad) + 0.3 * return_lobe(
            angle, TAPE_CONE_TAIL_MRAD
        )
        d2 = max(float(np.sum((place - thing_m) ** 2)), 1e-4)
        level[light] = WHITE * facet.reflectance * lobe * reach / d2
    return [Spot(position_m=thing_m, flux=level, half_size_m=facet.size_mm * 0.5e-3, square=True)]


def _led(facet: OpticFacet, view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    d2 = float(np.sum((view.eye_m - thing_m) ** 2))
    return [Spot(position_m=thing_m, flux={"self": 2e-4 * facet.size_mm / d2})]


def _lamp(facet: OpticFacet, _view: View, thing_m: Point, _rng_phase: float) -> list[Spot]:
    return [Spot(position_m=thing_m, flux={"self": 60.0}, half_size_m=facet.size_mm * 0.5e-3)]


def _spectacles(facet: OpticFacet, view: View, thing_m: Point, phase: float) -> list[Spot]:
    """Return two weak, flat ball mirrors: highlights that slide far over the glass."""
    glass = facet.model_copy(update={"size_mm": 160.0, "reflectance": 0.04})
    behind = thing_m + np.array([0.0, 0.0, 0.08])
    left, right = (behind + np.array([x, 0.0, 0.0]) for x in (-0.032, 0.032))
    return _ball(glass, view, left, phase)[:-1] + _ball(glass, view, right, phase)[:-1]


_BY_KIND = {
    "lens": _lens,
    "phone-camera": _lens,
    "eye": _lens,
    "chrome-sphere": _ball,
    "chrome-edge": _edge,
    "tile": _tile,
    "screw": _screw,
    "water-drop": _drop,
    "reflector-tape": _tape,
    "bead": _bead,
    "spectacles": _spectacles,
    "led": _led,
    "lamp": _lamp,
}


def reach_m(facet: OpticFacet) -> float:
    """Return the radius around its place within which a thing can shine, m.

    Parameters
    ----------
    facet
        The thing that shines.

    Returns
    -------
    float
        Distance in m.
    """
    return SPECTACLES_REACH_M if facet.kind == "spectacles" else facet.size_mm * 0.5e-3 + HALO_REACH_M


def spots_of(facet: OpticFacet, view: View, thing_m: Point, *, phase: float = 0.0) -> list[Spot]:
    """Return the spots that one thing adds to the picture for each light.

    Parameters
    ----------
    facet
        The thing that shines.
    view
        Where the camera stands and looks.
    thing_m
        Place of the thing in the room, m.
    phase
        Where in its cycle a blinking thing is, 0 to 1.

    Returns
    -------
    list of Spot
        Place in m and flux under each light, in the units of `Spot`; empty where nothing shines.
    """
    return _BY_KIND[facet.kind](facet, view, thing_m, phase)

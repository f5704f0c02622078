"""Turns a glint into evidence."""

from __future__ import annotations

from firmware.verdict.evidence.likelihoods import Likelihoods
from firmware.verdict.evidence.model import Evidence
from firmware.verdict.evidence.score_calibration import make_evidence
from lensdetect.model import Glint, GlintLabel

SIGN_BY_LABEL: dict[GlintLabel, tuple[str, str]] = {
    "lens": ("lens", "reason.lens.lens"),
    "unsure": ("glint", "reason.lens.glint"),
    "reflector": ("shine", "reason.lens.shine"),
    "specular": ("shine", "reason.lens.shine"),
    "lamp": ("shine", "reason.lens.shine"),
}


def weigh_glint(glint: Glint, table: Likelihoods) -> Evidence | None:
    """Weigh a glint: a lens speaks for every kind of camera, since each has one.

    Confirmed by enough poses and a high score. Shine that stays is weighed too, because it counts among the
    candidates that could have looked like a lens; flashes in a pose or two do not: there are the more of them
    the finer the eye, and never a lens among them.
    """
    sign, reason = SIGN_BY_LABEL[glint.label]
    rule = table.confirmed
    if glint.poses < rule.glint_poses:
        if sign == "shine":
            return None
        sign = "glimpse" if sign == "glint" else sign
    enough = glint.poses >= rule.lens_poses and glint.score >= rule.lens_score
    params: dict[str, str | float | int] = {"poses": glint.poses, "score": round(glint.score, 3)}
    return make_evidence(
        sign,
        sensor="lens",
        subject=glint.subject,
        score=glint.score,
        reason=reason,
        params=params | ({"label": f"glint.{glint.label}"} if sign == "shine" else {}),
        last_ns=glint.last_ns,
        table=table,
        confirmed=glint.label == "lens" and enough,
    )

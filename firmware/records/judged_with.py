"""The code and the tables that a verdict was made with, so that another expert can repeat it."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

TABLES: Mapping[str, str] = {
    "likelihoods_sha256": "firmware/verdict/evidence/likelihoods.toml",
    "learned_sha256": "firmware/verdict/evidence/learned.toml",
    "wifi_model_sha256": "wifiscan/data/model.toml",
    "signatures_sha256": "wifiscan/data/signatures.toml",
    "bands_sha256": "sweeper/data/bands.toml",
    "lens_score_sha256": "lensdetect/data/score.toml",
}
PACKAGES = ("firmware", "hw", "lensdetect", "sweeper", "wifiscan")
ROOT = Path(__file__).parents[2]


@lru_cache(maxsize=1)
def judged_with() -> Mapping[str, str]:
    """Return the versions and digests of what judges here.

    Returns
    -------
    mapping
        ``ansim`` and ``python``: versions. ``code_sha256``: one digest over every source file of the five
        packages, in the order of their paths, each as path NUL content NUL. The rest: SHA-256 of each table
        that a verdict depends on; a table that is not there is left out.
    """
    tables = {name: ROOT / path for name, path in TABLES.items()}
    return {
        "ansim": version("ansim"),
        "python": platform.python_version(),
        "code_sha256": digest_of(p for name in PACKAGES for p in (ROOT / name).rglob("*.py")),
        **{
            name: hashlib.sha256(path.read_bytes()).hexdigest()
            for name, path in tables.items()
            if path.is_file()
        },
    }


def digest_of(paths: Iterable[Path]) -> str:
    """Return one SHA-256 over some files of the installation, as `judged_with` describes it."""
    digest = hashlib.sha256()
    for path in sorted(paths, key=lambda p: p.relative_to(ROOT).as_posix()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()

"""The parts list of an installed ansim as CycloneDX 1.6, from the metadata of the installed distributions.

    python -m tests.supply_chain.sbom [--extras pi,report,diag] > ansim.cdx.json

Listed is what ansim needs, directly and indirectly, with the extras asked for; the developer's tools are
left out.
The same system gives the same bytes: no time, no random number.

References
----------
CycloneDX 1.6 (ECMA-424), JSON; package URL specification.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tomllib
from collections import deque
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement

from tests.supply_chain.licences import ALLOWED, licence_of, normal, spdx

EXTRAS = ("pi", "report", "diag")


def needs(name: str, extras: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the installed distributions that one needs here, with the extras asked of each."""
    out: dict[str, tuple[str, ...]] = {}
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            out[normal(requirement.name)] = tuple(sorted(requirement.extras))
    return out


def closure(root: str, extras: tuple[str, ...]) -> dict[str, list[str]]:
    """Return everything that ``root`` needs and that is here, each with the names that it needs itself."""
    found: dict[str, list[str]] = {}
    waiting = deque([(root, extras)])
    while waiting:
        name, wanted = waiting.popleft()
        try:
            direct = needs(name, wanted)
        except PackageNotFoundError:
            continue  # of an extra or a platform that is not installed here
        found[name] = sorted({*found.get(name, ()), *direct})
        waiting.extend((n, e) for n, e in direct.items() if n not in found)
    return {name: [n for n in direct if n in found] for name, direct in sorted(found.items())}


def reference(name: str) -> str:
    """Return the package URL of an installed distribution."""
    return f"pkg:pypi/{name}@{distribution(name).version}"


def component(name: str, words: dict[str, str]) -> dict[str, Any]:
    """Return the entry of one distribution."""
    dist = distribution(name)
    out: dict[str, Any] = {
        "bom-ref": reference(name),
        "name": name,
        "purl": reference(name),
        "type": "application" if name == "ansim" else "library",
        "version": dist.version,
    }
    licence = spdx(licence_of(dist), words)
    if licence:
        simple = re.fullmatch(r"[A-Za-z0-9.+-]+( (OR|AND) [A-Za-z0-9.+-]+)*", licence)
        out["licenses"] = [{"expression": licence}] if simple else [{"license": {"name": licence}}]
    return out


def bill(extras: tuple[str, ...] = EXTRAS) -> dict[str, Any]:
    """Return the parts list of this installation."""
    words = tomllib.loads(ALLOWED.read_text())["words"]
    graph = closure("ansim", extras)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": component("ansim", words)},
        "components": [component(name, words) for name in graph if name != "ansim"],
        "dependencies": [
            {"ref": reference(name), "dependsOn": [reference(n) for n in direct]}
            for name, direct in graph.items()
        ],
    }


def main() -> None:
    """Print the parts list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--extras", default=",".join(EXTRAS))
    extras = tuple(e for e in parser.parse_args().extras.split(",") if e)
    sys.stdout.write(json.dumps(bill(extras), indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()

"""`ansim demo`, `ansim run` and `ansim explain`; a command imports its own code when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from firmware.cli.options import LangOption, OutOption, VerboseOption, takes_options
from firmware.cli.run_options import ExplainOptions, RunOptions

SceneOption = Annotated[
    str, typer.Option("--scene", help="The simulated room; `ansim demo --scene list` names them.")
]
SessionArgument = Annotated[
    str,
    typer.Argument(
        metavar="SESSION", help="A session folder or recording; sim:SCENE explains a simulated room."
    ),
]


def demo(
    scene: SceneOption = "wifi-camera",
    out: OutOption = Path("ansim-demo"),
    lang: LangOption = None,
    verbose: VerboseOption = 0,
) -> None:
    """Walk through a simulated room: every sensor, the fusion, the screen, as on the handheld.

    Leaves the screens (PNG), the recorded session and a summary (HTML) in the folder it names.
    """
    from firmware.cli.demo import run_demo

    run_demo(scene, out=out, lang=lang, verbose=verbose)


@takes_options(RunOptions)
def run(options: RunOptions) -> None:
    """Run the handheld application: every sensor at once, the screen, the buttons.

    A panel of the kit is drawn to; without one the screen is shown in the terminal and written to a PNG. A
    simulated room runs in real time; a recording is played as fast as it goes, to one verdict and one screen.
    With --window the screen is shown in a browser, every kit runs in real time, and a simulated room runs on.
    With --phone one phone gets a page of its own, in words: over the USB cable of the unit, or at --address.
    Whoever has buttons begins at the start page: a team inspects a site, a person is guided through a room.
    """
    from firmware.cli.run import run_handheld

    run_handheld(options)


@takes_options(ExplainOptions)
def explain(options: ExplainOptions, session: SessionArgument) -> None:
    """Say what moved the number, sentence by sentence, and write the arithmetic out.

    The session is replayed, so the verdict is the one that its devices' data give with today's tables.
    """
    from firmware.cli.explain import explain_session

    explain_session(session, options)

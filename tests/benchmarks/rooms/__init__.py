"""The bench of rooms: thousands of simulated inspections through the real senses, fusion and engine.

::

    draw (room, truth) ─► senses (one real detector at a time) ─► store (cached a sense) ─┐
                                                                                          ▼
    table, plots ◄─ metrics ◄─ rivals, verdicts ◄──────────────── playback through the real engine
                                     learn ─► firmware/verdict/evidence/learned.toml

Everything is SIMULATED. The generators (`models`, `clutter`, `walk`, `draw`) import nothing from detectors.
``make rooms`` or ``python -m tests.benchmarks.rooms --help``.
"""

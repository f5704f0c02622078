"""The two ways to use the handheld: a team inspects a whole site, or one person scans one room.

::

    presses, moments ─► InspectionMachine ─► state, effects ─┬─► controller: commands for the engine
    (pure: stage × word → handler)                           └─► record writer (own thread): records,
                                                                  checkpoint, export
                                                                    │
    site plan, checklist, guided steps: data (TOML)                 └─► replies ─► InspectionMachine

Nothing here waits for the disk: its replies come back as further events of the state machine.
"""

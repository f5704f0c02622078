"""The two ways to use the handheld: a team walks through a site, or one person looks at one room.

::

    presses, moments ─► machine.TABLE ─► Walk, effects ─┬─► walker: new inspection for the engine
    (pure: stage × word → handler)                      └─► clerk (own thread): records, progress, export
                                                             │
    site plan, checklist, guided steps: data (TOML)          └─► told ─► machine

Nothing here waits: what the disk says comes back as one more word of the table.
"""

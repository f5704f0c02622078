"""Stores what an inspection found as signed records, and verifies them.

::

    Scanned + Circumstances ─ build_record ─► Inspection ─ RecordStore.append ─► Entry (signed, on the disk)
       clear addresses           redact         model        store, custody       │
                                                                                  ├─ report.export ─► bundle
    RecordStore.verify / verify_file(store or bundle) ─► the entry or part ◄──────┘  that is altered or gone

::

    with RecordStore(folder, config=settings.records) as store:
        picture = store.attachments.put(png, name="screen.png", media_type="image/png")
        about = Circumstances(kind="cubicle", span=span, place=place, attachments=(picture,))
        entry = store.append(build_record(scanned, about, store.key))

Nothing in here imports a plotting or PDF library: the handheld stores, `firmware.report` draws.
"""

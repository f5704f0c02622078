"""What was found, kept so that it can be trusted.

::

    Scanned + Circumstances ─ compose ─► Inspection ─ RecordStore.append ─► Entry   (signed, on the disk)
       clear addresses         redact      model        store, custody       │
                                                                             ├─ report.export ─► bundle (zip)
    RecordStore.verify / verify_file(store or bundle) ─► which entry or part ◄┘   is altered, missing, moved

::

    with RecordStore(folder, config=settings.records) as store:
        picture = store.attachments.put(png, name="screen.png", media_type="image/png")
        about = Circumstances(kind="cubicle", span=span, place=place, attachments=(picture,))
        entry = store.append(compose(scanned, about, store.key))

Nothing in here imports a plotting or PDF library: the handheld stores, `firmware.report` draws.
"""

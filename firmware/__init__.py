"""The top floor: runs the sensors, fuses their observations into one verdict, shows it and records it.

::

    settings = load_settings(overrides=["hw.camera.width_px=320", "hw.camera.height_px=240"])
    outcome = inspect("sim:wifi-camera", settings, only={"wifi"}, until_s=1.0)
    level, share = outcome.snapshot.verdict.level, outcome.snapshot.verdict.share_caught
"""

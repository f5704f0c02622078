"""Devices that measure: real ones (`hw.pi`), recorded ones (`hw.replay`) and simulated ones (`hw.sim`).

::

    with open_device("sdr", spec="sim:analog-camera", config=HwConfig(), clock=ManualClock()) as sdr:
        sdr.tune(center_hz=1.24e9, gain_db=20.0)
        block = sdr.read(count=65_536)
"""

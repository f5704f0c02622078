"""RF sensor: blocks of IQ samples in, emissions out.

::

    sweeper = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig())
    changed = sweeper.step()
    strongest = sorted(sweeper.observations(), key=lambda e: -e.snr_db)
"""

"""The RF sensor: turns blocks of IQ samples into emissions.

::

    sweeper = Sweeper(sdr=sdr, clock=clock, config=SweeperConfig())
    changed = sweeper.step()
    strongest = sorted(sweeper.observations(), key=lambda e: -e.snr_db)
"""

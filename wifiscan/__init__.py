"""The Wi-Fi and Bluetooth LE sensors: turn frames and adverts into stations, networks and advertisers.

::

    scanner = WifiScanner(radio=radio, clock=clock, config=WifiConfig())
    changed = scanner.step()
    covered = scanner.coverage().share
"""

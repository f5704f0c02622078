"""Wi-Fi and Bluetooth LE sensor: frames and adverts in, stations, access points and advertisers out.

::

    scanner = WifiScanner(radio=radio, clock=clock, config=WifiConfig())
    changed = scanner.step()
    covered = scanner.coverage().share
"""

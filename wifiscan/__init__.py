"""Wi-Fi and Bluetooth LE sense: frames in, stations, access points and advertisers out."""

"""Networks that a device opens itself, from three sources that share no code: cameras, hotspots, printers."""

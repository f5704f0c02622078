"""Real devices. Vendor drivers are imported inside the factories, so a missing one costs one device."""

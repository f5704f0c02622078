"""Real devices. Each factory imports its own vendor driver, so a missing driver costs one device."""

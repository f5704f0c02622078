"""The top floor: judges what the senses observed, shows it, records it."""

"""The handheld as a system service: unit, device rules, installer, and what the unit hears from ansim."""

"""The readout: one verdict on a small panel."""

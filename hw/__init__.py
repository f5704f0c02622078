"""The ground floor: devices that measure. Real (`hw.pi`), recorded (`hw.replay`) and simulated (`hw.sim`)."""

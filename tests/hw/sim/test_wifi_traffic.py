"""Packets of simulated devices: in order, in time, no faster than their link."""

from __future__ import annotations

import numpy as np
import pytest

from hw.sim.wifi_traffic import BEHAVIOURS, TrafficSpec, make_packets, packetise


@pytest.mark.parametrize("behaviour", sorted(BEHAVIOURS))
def test_every_behaviour_gives_packets_in_order_and_in_time(behaviour):
    packets = make_packets(behaviour, rng=np.random.default_rng(2), duration_s=20, spec=TrafficSpec())
    assert (np.diff(packets.t_us) >= 0).all()
    assert ((packets.t_us >= 0) & (packets.t_us < 20_000_000)).all()
    assert ((packets.size_bytes > 0) & (packets.size_bytes <= 1500)).all()


def test_a_queue_sends_in_order_and_no_faster_than_the_link():
    t = np.array([0, 10, 1_000_000])
    depart, size = packetise(t, np.array([5000, 5000, 100]), mtu=1000, link_bps=8e6)
    assert (np.diff(depart) > 0).all()
    assert size.sum() == 5000 + 5000 + 100 + 28 * len(size)
    assert depart[9] - depart[0] >= 9 * 1000
    assert depart[10] >= 1_000_000

"""Sends what a camera's encoder gives: 15 pictures a second in packets, every thirtieth a large one."""

import random
import socket
import sys
import time

PACKET = 1300

address, seconds = sys.argv[1], float(sys.argv[2])
out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
begin, picture, dice = time.monotonic(), 0, random.Random(4)
while time.monotonic() - begin < seconds:
    size = dice.randint(38_000, 46_000) if picture % 30 == 0 else dice.randint(7_000, 14_000)
    while size > 0:
        try:
            out.sendto(bytes(min(size, PACKET)), (address, 5004))
        except OSError:
            break
        size -= PACKET
    picture += 1
    time.sleep(max(0.0, begin + picture / 15 - time.monotonic()))

"""The handheld's screen and buttons in a browser of this machine, for people without a panel.

::

    Panel ── picture ──► FrameBroker ── number, PNG ──► WindowServer ── server-sent events ──► page
          ◄── presses ──             ◄───────────────── (127.0.0.1)  ◄── POST press ────────── keys
"""

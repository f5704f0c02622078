"""The handheld's screen and buttons in a browser of this machine, for people without a panel.

::

    Panel ── picture ──► FrameBroker ── number, PNG ──► WindowServer ── server-sent events ──► page
          ◄── presses ──             ◄───────────────── (127.0.0.1)  ◄── POST press ────────── keys

    Panel ── state, moment ──► PhoneBroker ── words as JSON ──► PhoneServer ── events ──► phone.html
          ◄── commands ──────               ◄────────── (USB cable)  ◄── POST press ───── buttons

The page of a phone knows no sentence and shows no picture of the panel; the window shows nothing else.
"""

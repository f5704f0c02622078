"""Draws the screen of the handheld: turns its state into a picture.

::

    engine.Snapshot ─► present ─► ScreenState ─► render ─► PIL image ─► Display.show
    ButtonPress ─► navigator.press(Place) ─► Place, Command          (pure tables, no device)
    before, after ─► tones_between ─► Buzzer

``state`` and ``views`` are plain data; ``pages`` hold one page a file; ``canvas`` remembers where every
text stands, so that a test proves that none is cut or covers another.
"""

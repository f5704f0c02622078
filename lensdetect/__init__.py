"""Optical sensor: pictures under strobed lights in, glints out.

::

    finder = LensFinder(camera=camera, leds=leds, clock=clock, config=LensConfig())
    changed = finder.step()
    lenses = [glint for glint in finder.observations() if glint.label == "lens"]
"""

"""The optical sensor: turns pictures under strobed lights into glints.

::

    finder = LensFinder(camera=camera, leds=leds, clock=clock, config=LensConfig())
    changed = finder.step()
    lenses = [glint for glint in finder.observations() if glint.label == "lens"]
"""

"""The handheld application: the panel (screen, buttons, sounds), homing, and the browser window."""

"""Checks of what ansim is delivered with: locked versions, parts list, licences, the wheel."""

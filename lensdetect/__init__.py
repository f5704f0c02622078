"""Optical sense: strobed frames in, glints out."""

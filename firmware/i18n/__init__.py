"""Texts in Korean and English, and the fonts and numbers that they are written with."""

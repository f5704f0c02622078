"""Parsers and writers of recording formats: pure functions of bytes, no device."""

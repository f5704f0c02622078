"""Parsers and writers of recording formats: pure functions of bytes that open no device."""

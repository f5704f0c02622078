"""Comparing inspections: what is new, gone or stronger, and which devices a site has declared its own."""

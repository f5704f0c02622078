"""The commands; no logic in them."""

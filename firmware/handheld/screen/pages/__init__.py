"""Pages of the handheld, one module for each."""

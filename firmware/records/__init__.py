"""What was found, kept so that it can be trusted."""

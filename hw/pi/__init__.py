"""Real hardware: every vendor driver lives in this folder, one file a way of reaching it."""

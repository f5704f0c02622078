"""What makes a record evidence: keys, the hash chain, clocks, redaction, files that survive a power loss."""

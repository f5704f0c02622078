"""Makes records evidence: keys, the hash chain, clocks, redaction, and files that survive a power loss."""

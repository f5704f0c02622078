"""Self-tests of a unit, the live board of a running one, and the support bundle."""

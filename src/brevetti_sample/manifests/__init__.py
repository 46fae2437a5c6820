"""The table of samples, from files or from Python; imports arrays."""

"""A purpose for each sample, by share; imports groups and streams."""

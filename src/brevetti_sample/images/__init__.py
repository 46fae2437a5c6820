"""Where an image is, what its header says, and how it is read and decoded; imports arrays."""

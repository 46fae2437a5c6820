"""Arrow and NumPy plumbing; imports nothing of the project."""

"""The plan, and the draws that it defines; imports groups."""

"""Whether an export is as it was written; imports writing."""

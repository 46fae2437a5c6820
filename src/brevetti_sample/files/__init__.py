"""Files that are read whole: regular ones of limited size, JSON of fixed types; imports errors."""

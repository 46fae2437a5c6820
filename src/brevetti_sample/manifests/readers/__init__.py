"""One file format a module, each read as Arrow columns; imports arrays."""

"""The command line: each command parses, calls the library, renders, and exits."""

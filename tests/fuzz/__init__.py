"""The fuzzers of the program's inputs: `cd tests; python -m fuzz`."""

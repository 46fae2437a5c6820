"""Files of this machine: paths, limited reading, typed JSON, failures, outputs; imports errors."""

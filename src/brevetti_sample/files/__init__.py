"""Files of this machine: local paths, why a file failed, and outputs; imports errors alone."""

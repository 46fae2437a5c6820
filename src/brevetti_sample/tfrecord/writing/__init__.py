"""From samples to shards on a disk; imports format."""

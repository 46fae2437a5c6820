"""The bytes of records: features, examples, frames; imports arrays."""

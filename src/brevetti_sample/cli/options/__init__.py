"""The options, and where their values come from; imports screen."""

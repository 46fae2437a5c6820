"""One command a module; imports options and screen."""

"""An export: its plan, its files, its resumption; imports writing."""

"""Draws and frequencies as tables, and their writers; imports streams."""

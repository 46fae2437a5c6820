"""Rows that share values, their keys, and their weights; imports manifests."""

"""Correction requests: changes to the metadata of one item."""

"""Authorship claims: one item author, one person."""

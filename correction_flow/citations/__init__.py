"""Citation corrections: the references of one citing item."""

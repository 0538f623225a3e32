"""The workflow engine that corrections, citation corrections and claims share."""

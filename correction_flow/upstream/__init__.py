"""The publishers' files, in and (later) out again."""

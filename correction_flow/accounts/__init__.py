"""Users, their verified addresses, roles and author profiles."""

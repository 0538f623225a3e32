"""The floor of the application: errors, the clock, text, the database, mail and paging."""

"""The store, with the same tests on a SQLite file, in memory and on PostgreSQL."""

"""A file per method: its settings, and how it finds a movie."""

"""One file a method: its settings, and how it finds a movie."""

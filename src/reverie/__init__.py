"""Reconstruct the movie an animal saw from the activity of its visual cortex."""

__version__ = "0.1.0"

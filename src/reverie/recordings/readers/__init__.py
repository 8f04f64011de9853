"""A file per format of recordings."""

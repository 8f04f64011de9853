"""Numbers and movies made visible: files, figures, one HTML page."""

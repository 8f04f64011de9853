"""Reconstructions as jobs, each done once, wherever it runs."""

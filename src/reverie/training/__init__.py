"""Fitting encoders to recordings."""

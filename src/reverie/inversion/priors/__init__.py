"""Priors over movies."""

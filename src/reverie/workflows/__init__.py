"""Whole jobs over folders: what each verb of the command line does."""

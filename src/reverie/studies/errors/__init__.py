"""Error maps: the study, and its figures."""

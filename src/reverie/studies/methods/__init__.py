"""Methods side by side: the study, the scores of a method, and its figures."""

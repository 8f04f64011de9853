"""What movies look like: priors over movies."""

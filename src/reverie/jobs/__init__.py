"""One reconstruction as a job that is done once, wherever it runs."""

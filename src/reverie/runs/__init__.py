"""A run folder: movies, what they were made from, scores, a page."""

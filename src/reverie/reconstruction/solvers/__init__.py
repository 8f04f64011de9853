"""Ways to find the movie: one file each."""

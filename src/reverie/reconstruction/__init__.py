"""From responses back to the movie: a problem, a solver, a reconstruction."""

"""From responses to movies: problem, likelihood, priors, methods."""

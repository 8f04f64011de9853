"""Before the experiment: what a number of neurons, a field, a noise level and an amount of training will show."""

"""A list of tasks, done: here, by as many processes as the machine has use for."""

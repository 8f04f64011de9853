"""Linear stimulus reconstruction: responses in, movie out, in closed form."""

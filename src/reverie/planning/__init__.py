"""Before the experiment: what will be seen with so many neurons, over such a field, with so much noise and training."""

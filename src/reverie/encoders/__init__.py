"""Models that predict each neuron's response to a movie: one contract, several architectures."""

"""What movies look like before any neuron is asked."""

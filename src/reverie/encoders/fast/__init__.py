"""Inference-only forms of the encoders: the same rates and gradients, several times faster."""

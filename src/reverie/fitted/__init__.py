"""Parts fitted once for an animal and an encoder (mask, prior, likelihood, calibration, ridge), and their use."""

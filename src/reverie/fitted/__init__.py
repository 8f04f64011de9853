"""What is fitted once for an animal and an encoder: mask, prior, noise, calibration, ridge."""

"""The paper's questions and ours: what to reconstruct, what to measure, what to draw."""

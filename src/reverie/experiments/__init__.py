"""The questions of the paper, one a file: what to reconstruct, what to draw, what to say."""

"""Movies while the recording runs: responses in frame by frame, the most probable present frame out."""

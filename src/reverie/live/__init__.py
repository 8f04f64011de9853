"""Movies while the recording runs: responses come in frame by frame, and the present frame of the movie comes out."""

"""Movies to show: video files and synthetic stimuli."""

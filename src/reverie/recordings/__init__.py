"""What was recorded: trials of animals, where they lie on disk, and which of them belong together."""

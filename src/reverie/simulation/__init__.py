"""Animals whose truth is known."""

"""How good a reconstruction is, with controls and confidence intervals."""

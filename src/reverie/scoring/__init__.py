"""How good a reconstruction is: scores, controls, confidence intervals; numpy only."""

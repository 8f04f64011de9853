"""The names of kinds of simulated animals, and of what can be left out of one; light enough for any command line."""

from typing import Literal

KindName = Literal["default", "realistic", "harsh", "outside", "retina"]
"""Sorts of simulated animals."""

PartName = Literal["gaze", "shared", "drift", "sizes", "neuropil", "scan", "tails", "adaptation", "frame-gain"]
"""Parts of a kind that can be left out, one by one."""

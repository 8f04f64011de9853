"""What the movies of a run can be written as; apart from the writing, which needs libraries that take long to load."""

from typing import Literal

ExportFormat = Literal["nwb", "mp4", "tif", "npz", "zarr"]
"""The formats by name."""

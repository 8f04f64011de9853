"""Seeds: what random generators start from."""

from typing import Final

from reverie.foundation.errors import BadInput

SEEDS: Final = 2**63
"""Seeds are smaller than this, which every generator that is seeded takes."""


def require_seed(seed: int) -> None:
    """Raise BadInput unless a seed is a whole number that random generators take."""
    if not 0 <= seed < SEEDS:
        raise BadInput(f"The seed is {seed} but must be a whole number from 0 to 2^63 - 1.")

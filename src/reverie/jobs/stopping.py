"""When this process should stop: a worker of a batch system has a walltime, and ends at a snapshot before it."""

import os
import time
from typing import Final

from reverie.foundation.errors import OutOfTime

STOP_AT: Final = "REVERIE_STOP_AT"
"""Environment variable: seconds since 1970 after which a job stops at its next snapshot."""


def out_of_time() -> bool:
    """Return whether this process should stop."""
    at = os.environ.get(STOP_AT, "")
    return at.isdecimal() and time.time() >= int(at)


def stopped() -> OutOfTime:
    """Return what a job that stopped at its snapshot raises."""
    return OutOfTime("The time of this process is over; give the same command again to go on where it stopped.")

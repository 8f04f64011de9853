"""What becomes of a list of tasks of which some fail: the others are done, and then all failures are told at once."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from reverie.foundation.errors import ReverieError
from reverie.jobs.engines.contract import FATAL

TOLD = 5
"""Failures that are told one by one."""


@contextmanager
def noted(failed: dict[str, Exception], name: str) -> Iterator[None]:
    """Keep an error of the block under a name and go on, unless nothing else could be done after it either."""
    try:
        yield
    except FATAL:
        raise
    except Exception as error:
        failed[name] = error


def raise_all(failed: Mapping[str, Exception]) -> None:
    """Raise what failed, if anything: a defect of the program as it is, one error as it is, several as one."""
    errors = list(failed.values())
    for error in errors:
        if not isinstance(error, ReverieError):
            raise error
    if len({str(error) for error in errors}) == 1:
        raise errors[0]
    if errors:
        kinds = {type(error) for error in errors}
        told = "; ".join(f"{name}: {str(error).rstrip('.')}" for name, error in list(failed.items())[:TOLD])
        more = f"; and {len(errors) - TOLD} more" if len(errors) > TOLD else ""
        kind = kinds.pop() if len(kinds) == 1 else ReverieError
        raise kind(f"{len(errors)} jobs failed, all others are done: {told}{more}.") from errors[0]

"""The errors a user is meant to read: each one sentence, of a few kinds that callers may distinguish."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

LISTED_NAMES = 8
"""Names listed before the rest is only counted."""


class ReverieError(Exception):
    """One clear sentence for the user: what is wrong, where, and what to do about it.

    The command line prints the sentence and exits with a code other than 0; a notebook shows it as it is.
    Everything the user can get wrong raises this or one of the kinds below; anything else that escapes is a defect of
    the program. Where several things failed, further arguments are further lines, one for each.

    >>> str(ReverieError("videos/3.npy is not an array; write it again with numpy.save."))
    'videos/3.npy is not an array; write it again with numpy.save.'
    """

    def __str__(self) -> str:
        """Return the sentence, and below it the further lines."""
        return "\n".join(map(str, self.args))


class BadInput(ReverieError):
    """A file, folder, array or option that was given is not what it should be.

    Says which one, what was expected and what was found. The same call with corrected input succeeds.
    """


OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory")
"""Torch's messages, on any device, when memory runs out; some of its versions have no class for this error."""


def lacks_memory(error: BaseException) -> bool:
    """Return whether an error, of Python or of torch, says that memory ran out.

    >>> lacks_memory(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")), lacks_memory(RuntimeError("size"))
    (True, False)
    """
    said = isinstance(error, RuntimeError) and any(words in str(error).lower() for words in OUT_OF_MEMORY)
    return said or isinstance(error, MemoryError)


FILES = "a file is not what its format says, so copy or write it again"
"""What to do about files that cannot be read."""


@contextmanager
def reading_foreign(place: object, advice: str = FILES) -> Iterator[None]:
    """Turn any error of the block, which reads files that others wrote, into bad input.

    Libraries and arithmetic fail in countless ways on files that are not what they claim to be.
    Raises BadInput, which names ``place``, for all errors but our own and a lack of memory.
    """
    try:
        yield
    except ReverieError:
        raise
    except PermissionError as error:
        raise BadInput(f"{place} may not be read ({error.strerror}); change its permissions.") from error
    except Exception as error:
        if lacks_memory(error):
            raise
        reason = str(error).strip().split("\n")[0]
        raise BadInput(
            f"{place} could not be read ({type(error).__name__}{f': {reason}' if reason else ''}); {advice}."
        ) from error


@contextmanager
def reading_kept(what: object, advice: str) -> Iterator[None]:
    """Turn errors of the block, which makes something of what this program kept, into bad input: a part is missing.

    Raises BadInput, which names ``what`` and ends with ``advice``; errors of our own and a lack of memory stay as they
    are.
    """
    try:
        yield
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RuntimeError) as error:
        if lacks_memory(error):
            raise
        raise BadInput(f"{what} is incomplete ({error}); {advice}.") from error


def require_unlocked(place: object, error: OSError) -> None:
    """Raise BadInput when a library could not open a file because another program is writing it."""
    if "unable to lock file" in str(error):
        raise BadInput(f"{place} is open for writing in another program; close it there first.") from error


class NotApplicable(ReverieError):
    """A question does not apply to what was given: nothing is broken, but something that it needs does not exist.

    Examples are an ensemble of one encoder, the true rates of a recorded animal, and validation on clips that were not
    recorded. A suite of studies may leave this one out with a message; any other error must not be skipped.
    """


class NoSpace(ReverieError):
    """A result could not be written because the disk, or the quota of the user, is full.

    Files written before are whole; the same command resumes from them once there is space.
    """


class WorkerLost(ReverieError):
    """A worker process ended before its task did: killed by the operating system, mostly because memory ran out.

    Tasks that were done before are kept.
    """


class OutOfTime(ReverieError):
    """A process with limited time stopped in the middle of its work, and wrote its state to a file.

    The same command resumes from there.
    """


def counted(number: int, thing: str) -> str:
    """Count things in words.

    >>> counted(1, "pair"), counted(3, "pair")
    ('1 pair', '3 pairs')
    """
    return f"{number} {thing}{'s' * (number != 1)}"


def some(names: Iterable[str], shown: int = LISTED_NAMES) -> str:
    """List a few names and count the rest.

    >>> some(["a", "b", "c"], shown=2)
    'a, b and 1 more'
    """
    listed = list(names)
    rest = len(listed) - shown
    return ", ".join(listed[:shown]) + (f" and {rest} more" if rest > 0 else "")

"""The errors a user is meant to read: each one sentence, and a few kinds that a caller tells apart."""


class ReverieError(Exception):
    """One clear sentence for the user: what is wrong, where, and what to do about it.

    The command line prints the sentence and exits with a code other than 0; a notebook shows it as it is.
    Everything the user can get wrong raises this or one of the kinds below; anything else that escapes is a defect of
    the program.

    >>> str(ReverieError("videos/3.npy is not an array; write it again with numpy.save."))
    'videos/3.npy is not an array; write it again with numpy.save.'
    """


class BadInput(ReverieError):
    """A file, folder, array or option that was handed in is not what it should be.

    Says which one, what was expected and what was found. The same call with the input mended succeeds.
    """


class NotApplicable(ReverieError):
    """A question cannot be asked of what was given: nothing is broken, something that it needs does not exist.

    Ensembling of one encoder, the true rates of a recorded animal, validation on clips that were not recorded. Whoever
    asks many questions may leave this one out and say so; any other error must not be passed over.
    """


class NoSpace(ReverieError):
    """A result could not be written because the disk, or the quota of the user, is full.

    Files written before are whole; the same command goes on from them once there is space.
    """


class WorkerLost(ReverieError):
    """A worker process ended before its task did: killed by the operating system, mostly for want of memory.

    Tasks that were done before are kept.
    """

"""The one kind of error a user is meant to read."""


class ReverieError(Exception):
    """One clear sentence for the user: what is wrong, where, and what to do about it.

    The command line prints the sentence and exits with a code other than 0; a notebook shows it as it is.
    Everything the user can get wrong raises this; anything else that escapes is a defect of the program.

    >>> str(ReverieError("videos/3.npy is not an array; write it again with numpy.save."))
    'videos/3.npy is not an array; write it again with numpy.save.'
    """

"""The entry point: parse a verb, do it, and turn every foreseeable failure into one sentence."""

import errno
import sys
from collections.abc import Sequence
from functools import reduce
from operator import or_

import tyro

from reverie.cli.verbs import VERBS, Verb
from reverie.foundation.errors import ReverieError

INTERRUPTED = 130
"""The shell's exit code for a program stopped with ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 0 when the verb was done and with another code when it was not."""
    verb: Verb = tyro.cli(
        reduce(or_, VERBS),
        prog="reverie",
        description="Reconstruct the movie an animal saw from the activity of its visual cortex.",
        args=arguments,
    )
    sys.exit(perform(verb))


def perform(verb: Verb) -> int:
    """Do one verb; return the exit code, having told the user in one sentence what went wrong if anything did."""
    try:
        verb.run()
    except ReverieError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        _fail("Interrupted; give the same command again to go on where it stopped.")
        return INTERRUPTED
    except MemoryError:
        return _fail("The machine ran out of memory; give fewer trials at a time or use a smaller encoder.")
    except OSError as error:
        return _fail(_explain(error))
    return 0


def _explain(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"{place}no space is left on the disk; free some and give the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}may not be read or written ({error.strerror}); choose another folder or change its permissions."
    return f"{place}{error.strerror or error}; check the path and try again."


def _fail(sentence: str) -> int:
    print(f"reverie: {sentence}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    main()

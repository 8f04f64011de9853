"""The entry point: parse a verb, do it, and turn every failure into one sentence."""

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

from reverie.cli.failures import explain, tell_unforeseen
from reverie.cli.verbs import Verb, parse

FAILED: Final = 1
INTERRUPTED: Final = 128 + signal.SIGINT
TERMINATED: Final = 128 + signal.SIGTERM
NOBODY_READS: Final = 128 + 13
"""Exit codes; the last three are those a shell gives a program that a signal ended (13: SIGPIPE)."""


class Terminated(KeyboardInterrupt):
    """Somebody asked the program to end, as batch systems do before they end it themselves."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 0 when the verb was done and with another code when it was not."""
    _print_anything()
    if arguments is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # what libraries say to programmers; users are told in sentences
    try:
        with _ended_like_interrupted():
            sys.exit(perform(lambda: parse(arguments)))
    finally:
        _empty_output()


def perform(asked: Callable[[], Verb]) -> int:
    """Do the verb that is asked for; return the exit code, having told in one sentence what went wrong, if anything."""
    try:
        verb = asked()
        if verb.computes:
            from reverie.foundation.devices import prepare_threads

            prepare_threads()
        verb.run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = NOBODY_READS  # whoever read our output has seen enough, as in `reverie inspect DATA | head`
    except KeyboardInterrupt as error:
        _tell("Interrupted; give the same command again to go on where it stopped.")
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    except Exception as error:
        _tell(explain(error) or tell_unforeseen(error))
        code = FAILED
    else:
        code = 0
    return code


def _tell(sentence: str) -> None:
    with suppress(OSError):  # nobody listens
        print(f"reverie: {sentence}", file=sys.stderr, flush=True)


def _print_anything() -> None:
    """Let characters that a terminal lacks, and names whose bytes are no text, be printed as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _empty_output() -> None:
    """Write what standard output still holds or, where nothing takes it, drop it, lest Python complain at its end."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextmanager
def _ended_like_interrupted() -> Iterator[None]:
    """Treat SIGTERM as ctrl-C while the block lasts; a second one ends the program at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        raise Terminated

    earlier = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, earlier)


if __name__ == "__main__":
    main()

"""The entry point: parse a verb, do it, and turn every failure into one sentence."""

import errno
import logging
import os
import platform
import shlex
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType

from reverie.cli.verbs import Verb, parse
from reverie.foundation.errors import ReverieError, lacks_memory

VERSIONS = ("reverie", "torch", "numpy", "scipy", "av", "pandas")
"""Packages whose versions a bug report should name."""

FAILED = 1
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
NOBODY_READS = 128 + 13
"""Exit codes; the last three are those that shells report for programs ended by a signal (13: SIGPIPE)."""


def explain(error: BaseException) -> str | None:
    """Return one sentence on a foreseen failure, or a line for each of several, None for any other."""
    if isinstance(error, ReverieError):
        return "\n".join(_on_one_line(str(line)) for line in error.args)
    if lacks_memory(error):
        return (
            "The machine ran out of memory; give fewer trials at a time, use a smaller encoder, or another --device "
            "if it was a graphics card's."
        )
    if isinstance(error, ImportError):
        return f"A package is missing or does not fit the others ({error}); install reverie again."
    if isinstance(error, OSError):
        return _explain_system(error)
    return None


def _on_one_line(sentence: str) -> str:
    """Return a sentence whose file names and user input can neither break the line nor move the cursor.

    >>> _on_one_line("a\\nb is not there.")
    'a\\\\nb is not there.'
    """
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in sentence)


def report_unforeseen(error: BaseException) -> str:
    """Write the details of a failure to a file, and return one sentence that names the file."""
    kind = traceback.format_exception_only(error)[-1].strip().splitlines()[0]
    details = _describe(error)
    place = _keep(details)
    if place is None:
        return f"Something went wrong that was not foreseen ({kind}). Please report it with what follows.\n{details}"
    return (
        f"Something went wrong that was not foreseen ({kind}); please report it to the project's issue tracker, "
        f"together with the details in {place}"
    )


def _explain_system(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"{place}no space is left on the disk; free some and give the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{place}may not be read or written ({error.strerror}); choose another folder or change its permissions."
    return f"{place}{error.strerror or error}; check the path and try again."


def _describe(error: BaseException) -> str:
    versions = ", ".join(f"{name} {_version(name)}" for name in VERSIONS)
    return "\n".join(
        [
            f"command: {shlex.join(sys.argv)}",
            f"versions: {versions}, python {platform.python_version()}, {platform.platform()}",
            "",
            *(line.rstrip("\n") for line in traceback.format_exception(error)),
            "",
        ]
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _keep(details: str) -> Path | None:
    """Write the details to the working directory or, where that fails, to the folder for temporary files."""
    name = f"reverie-error-{datetime.now():%Y%m%d-%H%M%S}.txt"
    folders: list[Callable[[], Path]] = [Path.cwd, lambda: Path(tempfile.gettempdir())]
    for folder in folders:
        try:
            place = folder() / name
            place.write_text(details, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return place
    return None


class Terminated(KeyboardInterrupt):
    """The program was asked to end, as batch systems do before they kill it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; exits with 0 when the verb was done and with another code when it was not."""
    _escape_unprintable()
    if arguments is None and not sys.warnoptions:
        warnings.simplefilter("ignore")  # warnings are for programmers; users get messages of our own
        logging.getLogger("tifffile").disabled = True  # it logs broken files, which we report ourselves
    try:
        with _terminated_like_interrupted():
            sys.exit(run_verb(lambda: parse(arguments)))
    finally:
        _empty_output()


def run_verb(asked: Callable[[], Verb]) -> int:
    """Run the verb that was asked for, print one sentence if anything goes wrong, and return the exit code."""
    try:
        verb = asked()
        if verb.computes:
            from reverie.foundation.devices import prepare_threads

            _require_working_directory()
            prepare_threads()
        verb.run()
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        code = NOBODY_READS  # the reader of our output has closed it, as in `reverie inspect DATA | head`
    except KeyboardInterrupt as error:
        _print_error("Interrupted; give the same command again to resume where it stopped.")
        code = TERMINATED if isinstance(error, Terminated) else INTERRUPTED
    except Exception as error:
        _print_error(explain(error) or report_unforeseen(error))
        code = FAILED
    else:
        code = 0
    return code


def _require_working_directory() -> None:
    """Raise ReverieError when the working directory was deleted: without it, numerical libraries end the process."""
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise ReverieError("The working directory was deleted; change to another one, such as with cd ~.") from error


def _print_error(sentence: str) -> None:
    with suppress(OSError):  # standard error is closed
        print(f"reverie: {sentence}", file=sys.stderr, flush=True)


def _escape_unprintable() -> None:
    """Make characters that a terminal cannot show, and file names that are not valid text, print as escapes."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _empty_output() -> None:
    """Flush standard output or, if it is closed, drop the rest, so that Python does not report an error at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError), Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
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

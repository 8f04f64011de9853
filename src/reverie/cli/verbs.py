"""The verbs of the command line by name, each imported only when it is asked for, and options that several share."""

import ast
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Protocol, runtime_checkable

import tyro
from tyro.conf import OmitArgPrefixes, Positional, UseAppendAction, arg

from reverie import __version__
from reverie.foundation.errors import ReverieError
from reverie.jobs.engines.settings import EngineOptions
from reverie.recordings.reading import Reading, stating

if TYPE_CHECKING:
    from reverie.fitted.opening import SubjectSources
    from reverie.fitted.session import Sources

Where = OmitArgPrefixes[Annotated[EngineOptions, UseAppendAction]]
"""Where jobs are done: options without a common prefix; one that holds a list is repeated for each item."""


@dataclass(frozen=True)
class OneAnimal:
    """One animal, and one encoder of it."""

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """Folder or file of recordings."""
    encoder: Annotated[Positional[Path], arg(metavar="ENCODER")]
    """Folder of an encoder of the animal, which keeps what is fitted."""
    animal: str | None = None
    """The animal; may be left out when there is only one."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def sources(self) -> "SubjectSources":
        """Return where the two are."""
        from reverie.fitted.opening import SubjectSources

        return SubjectSources(**vars(self))


@dataclass(frozen=True)
class Animals:
    """Several animals, and encoders of them."""

    data: Annotated[Positional[Path], arg(metavar="DATA")]
    """Folder or file of recordings."""
    encoders: Annotated[Positional[tuple[Path, ...]], arg(metavar="[ENCODER ...]")]
    """Folders of one or more encoders, trained or imported; the movies of several are averaged."""
    animals: Annotated[tuple[str, ...], arg(aliases=("--animal",))] = ()
    """The animal or animals; all that the data and the encoders share by default."""
    seed: int = 0
    """Seed of all random numbers (masks, draws from the posterior, controls, subsets of neurons)."""
    device: str = "auto"
    """auto, cpu, cuda or mps."""
    reading: OmitArgPrefixes[Reading] = field(default_factory=Reading)

    def sources(self, *, mask: Path | None = None, truth: Path | None = None, kept: Path | None = None) -> "Sources":
        """Return the sources of a session of these, with files in place of the default ones."""
        from reverie.fitted.session import Sources

        return Sources(**vars(self), mask=mask, truth=truth, kept=kept)


VERBS = {
    "simulate": "reverie.cli.recording_verbs:Simulate",
    "inspect": "reverie.cli.recording_verbs:Inspect",
    "download": "reverie.cli.recording_verbs:Download",
    "convert": "reverie.cli.recording_verbs:Convert",
    "train": "reverie.cli.encoder_verbs:Train",
    "import-weights": "reverie.cli.encoder_verbs:ImportWeights",
    "predict": "reverie.cli.encoder_verbs:Predict",
    "fit": "reverie.cli.encoder_verbs:Fit",
    "reconstruct": "reverie.cli.reconstruct_verb:Reconstruct",
    "evaluate": "reverie.cli.run_verbs:Evaluate",
    "report": "reverie.cli.run_verbs:Report",
    "export": "reverie.cli.run_verbs:Export",
    "experiment": "reverie.cli.experiment_verbs:Experiment",
    "darkness": "reverie.cli.spontaneous_verbs:Darkness",
    "replay": "reverie.cli.spontaneous_verbs:Replay",
    "live": "reverie.cli.encoder_verbs:Live",
    "plan": "reverie.cli.experiment_verbs:Plan",
    "demo": "reverie.cli.run_verbs:Demo",
}
"""Dotted name of each verb's class, in the order of the help."""

ABOUT = "Reconstruct the movie an animal saw from the activity of its visual cortex."

WRONG_USAGE = 2
"""The exit code for words that the command line does not understand."""


def printed_script(on: EngineOptions) -> bool:
    """Print the script that a batch system would get, if this was asked for; return whether it was."""
    if not on.dry_run:
        return False
    from reverie.jobs.engines.batch import job_script

    print(job_script(on), end="")
    return True


@runtime_checkable
class Verb(Protocol):
    """A verb of the command line."""

    computes: ClassVar[bool]
    """Whether it does heavy arithmetic in this process."""

    def run(self) -> None:
        """Do it."""


def parse(arguments: Sequence[str] | None = None) -> Verb:
    """Return the verb that is asked for, with its options; help and wrong usage end the program.

    Raises ReverieError when a word is empty.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        sys.exit(0 if words else WRONG_USAGE)
    if words[0] in ("-V", "--version"):
        print(f"reverie {__version__}")
        sys.exit(0)
    if words[0] not in VERBS:
        print(f"reverie: there is no verb {words[0]!r}; choose one of {', '.join(VERBS)}.", file=sys.stderr)
        sys.exit(WRONG_USAGE)
    for before, word in pairwise(words):
        # As a path, an empty word would mean the working directory.
        if word == "" or (word.startswith("--") and word.endswith("=")):
            raise ReverieError(f"Nothing was given with {word or before}; is a shell variable unset?")
    module, name = VERBS[words[0]].split(":")
    verb: Verb = tyro.cli(getattr(import_module(module), name), prog=f"reverie {words[0]}", args=words[1:])
    options = [word.partition("=")[0][2:].replace("-", "_") for word in words if word.startswith("--")]
    stated: Verb = _stating(verb, options)
    return stated


def _stating(part: Any, options: Collection[str]) -> Any:  # noqa: ANN401 - a verb, or any of its values
    """Return a verb, or a part of one, whose reading knows which options were given, even as their defaults."""
    if isinstance(part, Reading):
        return stating(part, options)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    values = {one.name: getattr(part, one.name) for one in fields(part)}
    changed = {name: _stating(value, options) for name, value in values.items()}
    return replace(part, **{name: value for name, value in changed.items() if value is not values[name]})


def overview() -> str:
    """Return the help of the whole program: every verb with the first sentence of what it does."""
    width = max(map(len, VERBS))
    rows = [f"  {name:<{width}}  {_first_line(where)}" for name, where in VERBS.items()]
    return "\n".join(
        ["usage: reverie VERB …", "", ABOUT, "", *rows, "", "`reverie VERB --help` lists the options of a verb."]
    )


def _first_line(where: str) -> str:
    """Return the first line of a verb's documentation without importing it."""
    module, name = where.split(":")
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)
    return (ast.get_docstring(found) or "").splitlines()[0]

"""The verbs of the command line by name, each imported only when it is asked for, and options that several share."""

import ast
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, ClassVar, Final, Protocol, runtime_checkable

import tyro
from tyro.conf import OmitArgPrefixes, UseAppendAction

from reverie.jobs.engines.settings import On

Where = OmitArgPrefixes[Annotated[On, UseAppendAction]]
"""Their names stand alone, and what is a list is given by repeating the option."""

VERBS: Final = {
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
    "plan": "reverie.cli.plan_verb:Plan",
    "demo": "reverie.cli.run_verbs:Demo",
}
"""Where each verb is, in the order the help shows them."""

ABOUT: Final = "Reconstruct the movie an animal saw from the activity of its visual cortex."

WRONG_USAGE: Final = 2
"""The exit code for words that the command line does not know."""


def told_script(on: On) -> bool:
    """Print the script that a batch system would get, where that is asked for; return whether it was."""
    if not on.dry_run:
        return False
    from reverie.jobs.engines.batch import job_script

    print(job_script(on), end="")
    return True


@runtime_checkable
class Verb(Protocol):
    """One thing the program can be told to do; ``computes`` when it does heavy arithmetic in this process."""

    computes: ClassVar[bool]

    def run(self) -> None:
        """Do it."""


def parse(arguments: Sequence[str] | None = None) -> Verb:
    """Return the verb that is asked for, with its options; help and wrong usage end the program, as is usual."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        sys.exit(0 if words else WRONG_USAGE)
    if words[0] not in VERBS:
        print(f"reverie: there is no verb {words[0]!r}; choose one of {', '.join(VERBS)}.", file=sys.stderr)
        sys.exit(WRONG_USAGE)
    module, name = VERBS[words[0]].split(":")
    verb: Verb = tyro.cli(getattr(import_module(module), name), prog=f"reverie {words[0]}", args=words[1:])
    return verb


def overview() -> str:
    """Return the help of the whole program: every verb with the first sentence of what it does."""
    width = max(map(len, VERBS))
    rows = [f"  {name:<{width}}  {_first_line(where)}" for name, where in VERBS.items()]
    return "\n".join(
        ["usage: reverie VERB …", "", ABOUT, "", *rows, "", "`reverie VERB --help` tells the options of a verb."]
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

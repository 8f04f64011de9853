"""The verb that makes a run folder; its options are generated from the methods' own settings."""

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field, fields, make_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

import tyro
from tyro.conf import OmitArgPrefixes

from reverie.cli.verbs import Animals, Where, printed_script
from reverie.inversion.methods.registry import ARRAYS, METHODS, Method, method_of
from reverie.jobs.engines.settings import On
from reverie.runs.options import Joining

SEED = "seed"
"""A setting of several methods that is a single option on the command line, for everything random."""


def chosen_method(options: Any, seed: int) -> Method:  # noqa: ANN401 - a generated dataclass
    """Return the method that parsed options name; raises ReverieError when one of them belongs to another method."""
    given = {
        one.name: getattr(options, one.name)
        for one in fields(options)
        if one.name != "method" and getattr(options, one.name) != one.default
    }
    random = {SEED: seed} if SEED in {one.name for one in fields(METHODS[options.method])} else {}
    return method_of(options.method, {**given, **random})


@cache
def method_options() -> type[Any]:
    """Return a dataclass with ``method`` and every setting of every method, each once.

    Settings that are not given keep the method's default; a setting that several methods have is one option for all.
    """
    described: dict[str, dict[str, list[str]]] = {}
    hints: dict[str, Any] = {}
    defaults: dict[str, Any] = {}
    for name, kind in METHODS.items():
        types = get_type_hints(kind)
        texts = field_docs(kind)
        for one in fields(kind):
            if one.name in (*ARRAYS, SEED):
                continue
            described.setdefault(one.name, {}).setdefault(texts[one.name] + _default_note(one), []).append(name)
            is_switch = types[one.name] is bool
            hints[one.name] = bool if is_switch else types[one.name] | None
            defaults[one.name] = one.default if is_switch else None
    made = [
        (name, Annotated[hints[name], tyro.conf.arg(help=_of_methods(texts))], field(default=defaults[name]))
        for name, texts in described.items()
    ]
    choice = Literal[tuple(METHODS)]  # type: ignore[valid-type]
    text = "How the movie is found: " + "; ".join(f"`{name}`, {_first_line(kind)}" for name, kind in METHODS.items())
    method = ("method", Annotated[choice, tyro.conf.arg(help=text)], field(default=next(iter(METHODS))))
    return make_dataclass("MethodOptions", [method, *made], frozen=True)


def _of_methods(texts: Mapping[str, Sequence[str]]) -> str:
    """Return what a setting means, by the methods that have it."""
    return " ".join(f"[{', '.join(methods)}] {text}" for text, methods in texts.items())


def field_docs(kind: type[Any]) -> dict[str, str]:
    """Return the docstring below each field of a dataclass, by the field's name.

    >>> field_docs(METHODS["ridge"])["blur"]
    'Gaussian sigma of a final blur, in pixels and frames.'
    """
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    found = {}
    for statement, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            found[statement.target.id] = " ".join(str(text).split())
    return found


def _first_line(kind: type[Any]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0].rstrip(":.,")


def _default_note(one: Field[Any]) -> str:
    return "" if one.default is None or isinstance(one.default, bool) else f" ({one.default} by default)"


@dataclass(frozen=True)
class Reconstruct:
    """Reconstruct the movies an animal saw from its recorded responses.

    Give the same command again to resume after an interruption: finished movies are kept. The result is a run folder;
    `reverie report RUN` makes a page of it. What an animal and an encoder need once (mask, prior, and so on) is fitted
    first and kept beside the encoder.
    """

    computes: ClassVar[bool] = True

    subjects: OmitArgPrefixes[Animals]
    trials: tuple[str, ...]
    """Names of trials, or a tier, such as test or validation (whatever the recording calls these)."""
    out: Path
    """Run folder."""
    method: OmitArgPrefixes[Annotated[Any, method_options()]] = field(default_factory=method_options())
    joining: OmitArgPrefixes[Joining] = field(default_factory=Joining)
    mask: Path | None = None
    """Mask file; by default the encoder's own, which is fitted first when there is none."""
    on: Where = field(default_factory=On)

    def run(self) -> None:
        """Reconstruct and score."""
        from reverie.runs.reconstructing import reconstruct_trials
        from reverie.runs.run import Run

        sources = self.subjects.sources(mask=self.mask)
        run = Run(chosen_method(self.method, self.subjects.seed), self.joining)
        if not printed_script(self.on):
            reconstruct_trials(sources, self.out, trials=self.trials, run=run, on=self.on)

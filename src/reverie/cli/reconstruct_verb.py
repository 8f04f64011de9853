"""The verb that makes a run folder; its options are generated from the methods' own settings."""

import ast
import inspect
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, make_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, get_type_hints

import tyro
from tyro.conf import OmitArgPrefixes

from reverie.cli.verbs import Animals, Where, printed_script
from reverie.inversion.methods.registry import ARRAYS, METHODS, Method, method_of
from reverie.jobs.engines.settings import EngineOptions
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
    owners: dict[str, list[str]] = {}
    for name, kind in METHODS.items():
        for one in fields(kind):
            if one.name not in (*ARRAYS, SEED):
                owners.setdefault(one.name, []).append(name)
    kinds = "; ".join(f"`{name}`: {_first_line(kind)}" for name, kind in METHODS.items())
    described = tyro.conf.arg(help=f"How the movie is found. {kinds}.")
    choice = Literal[tuple(METHODS)]  # type: ignore[valid-type]
    method = ("method", Annotated[choice, described], field(default=next(iter(METHODS))))
    options = [_option(name, having) for name, having in owners.items()]
    return make_dataclass("MethodOptions", [method, *options], frozen=True)


def _option(setting: str, methods: Sequence[str]) -> tuple[str, Any, Any]:
    """Return name, type and field of the option for a setting that some methods have."""
    kind = get_type_hints(METHODS[methods[0]])[setting]
    texts: dict[str, list[str]] = {}
    for name in methods:
        texts.setdefault(field_docs(METHODS[name])[setting], []).append(name)
    text = " ".join(f"[{', '.join(having)}] {one}" for one, having in texts.items())
    defaults = {name: getattr(METHODS[name], setting) for name in methods}
    if kind is bool:
        return setting, Annotated[bool, tyro.conf.arg(help=text)], field(default=defaults[methods[0]])
    described = tyro.conf.arg(help=text, help_behavior_hint=_default_hint(defaults))
    return setting, Annotated[kind | None, described], field(default=None)


def _default_hint(defaults: Mapping[str, Any]) -> str:
    """Return what the help says of a setting's default in each method; nothing for None, which its text explains.

    >>> _default_hint({"map": 0.0, "paper": 0.5, "ridge": 0.0})
    '(default: 0.0 for map, ridge; 0.5 for paper)'
    >>> _default_hint({"map": 8.0}), _default_hint({"paper": None})
    ('(default: 8.0)', '')
    """
    methods: dict[Any, list[str]] = {}
    for name, value in defaults.items():
        methods.setdefault(value, []).append(name)
    if len(methods) > 1:
        listed = [f"{value} for {', '.join(names)}" for value, names in methods.items()]
        return f"(default: {'; '.join(listed)})"
    return "" if None in methods else f"(default: {next(iter(methods))})"


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
    line = (kind.__doc__ or "").strip().splitlines()[0].rstrip(":.,")
    return line[0].lower() + line[1:]


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
    on: Where = field(default_factory=EngineOptions)

    def run(self) -> None:
        """Reconstruct and score."""
        from reverie.runs.reconstructing import reconstruct_trials
        from reverie.runs.run import Run

        sources = self.subjects.sources(mask=self.mask)
        run = Run(chosen_method(self.method, self.subjects.seed), self.joining)
        if not printed_script(self.on):
            reconstruct_trials(sources, self.out, trials=self.trials, run=run, on=self.on)

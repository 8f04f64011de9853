"""Writes docs/api.md: what ``import reverie`` offers, from the docstrings and signatures of the source.

    python docs/make_api.py

Nothing is imported but the list of names; the source is read.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reverie import NAMES

PAGE: Final = Path(__file__).parent / "api.md"
SOURCE: Final = Path(__file__).parent.parent / "src"

TOGETHER: Final = {
    "Recordings": ("open", "Recording", "simulate"),
    "Encoders": ("train", "load", "import_weights", "Encoder"),
    "Movies": ("Reconstructor", "Reconstruction", "Live", "score", "report"),
    "Methods": ("Combined", "Map", "Paper", "Ridge"),
    "For experts": ("Problem", "solve"),
}
"""The names at the door, in the order of the page."""

FURTHER: Final = {
    "Trial": "reverie.recordings.trial:Trial",
    "Reading": "reverie.recordings.reading:Reading",
    "SimulationRequest": "reverie.simulation.request:SimulationRequest",
    "TrainingRequest": "reverie.training.request:TrainingRequest",
    "Observation": "reverie.inversion.problem:Observation",
    "LiveFrame": "reverie.live.live:LiveFrame",
    "Solution": "reverie.inversion.solution:Solution",
}
"""Classes that those take or return, and where they are imported from."""

INTRODUCTION: Final = """\
# Python reference

`import reverie as rv` offers these names. Each is imported when it is first used, so that the import itself costs next
to nothing. Paths may be strings or `pathlib.Path`. Whatever a caller can get wrong raises a `ReverieError`
(`reverie.foundation.errors`) with one sentence that says what, where, and what to do.

This page is made from the docstrings by `python docs/make_api.py`.
"""

SECTION: Final = re.compile(r"^(\w[\w ]*)\n-{3,}\n", re.MULTILINE)
"""The heading of a section of a numpy-style docstring."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def page() -> str:
    """Return the whole page as Markdown."""
    parts = [INTRODUCTION]
    for title, names in TOGETHER.items():
        parts += [f"## {title}\n", *(described(f"rv.{name}", NAMES[name]) for name in names)]
    parts.append("## What these take and return\n")
    parts += [described(name, where) for name, where in FURTHER.items()]
    return "\n".join(parts).rstrip() + "\n"


def described(title: str, where: str) -> str:
    """Return the section of one name: signature, documentation, parameters, fields, methods."""
    module, original = where.split(":")
    node = find(module, original)
    if isinstance(node, ast.ClassDef):
        return class_section(title, module, node)
    return "\n".join([f"### `{title}`\n", fenced(signature(title, node)), *documentation(node, arguments(node)), ""])


def find(module: str, name: str) -> ast.ClassDef | Function:
    """Return the definition of a name in a module."""
    path = SOURCE / Path(*module.split(".")).with_suffix(".py")
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | Function) and node.name == name:
            return node
    raise LookupError(f"{path} defines no {name}.")


def class_section(title: str, module: str, node: ast.ClassDef) -> str:
    """Return the section of a class: what it is made from, its fields, properties and methods."""
    written = [one for part in (node, *bases(module, node)) for one in functions(part)]
    begin = next((one for one in written if one.name == "__init__"), None)
    fields = dict(fields_of(node))
    known = arguments(begin) if begin is not None else {name: kind for name, (kind, _) in fields.items()}
    lines = [f"### `{title}`\n"]
    if not title.startswith("rv."):
        lines.append(f"`from {module} import {node.name}`\n")
    if begin is not None:
        lines.append(fenced(signature(title, begin)))
    lines += documentation(node, known)
    told = ast.get_docstring(node) or ""
    if fields and not re.search(r"^(Parameters|Attributes)$", told, re.MULTILINE):
        lines += ["**Fields**\n", *(f"* `{name}: {kind}`{_dash(text)}" for name, (kind, text) in fields.items()), ""]
    shown = [one for one in written if is_shown(one)]
    for one in (one for one in shown if is_property(one)):
        returns = "" if one.returns is None else f": {plain(one.returns)}"
        lines.append(f"* `.{one.name}{returns}`{_dash(first_paragraph(ast.get_docstring(one) or ''))}")
    lines.append("")
    for one in (one for one in shown if not is_property(one)):
        lines += [f"#### `{called(one)}`\n", *documentation(one, arguments(one))]
    return "\n".join(lines)


def bases(module: str, node: ast.ClassDef) -> Iterator[ast.ClassDef]:
    """Yield the classes of one room that a class of it is made from."""
    room = module.rpartition(".")[0]
    for statement in ast.parse((SOURCE / Path(*module.split(".")).with_suffix(".py")).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and statement.module and statement.module.rpartition(".")[0] == room:
            for name in {one.name for one in statement.names} & {plain(base) for base in node.bases}:
                found = find(statement.module, name)
                assert isinstance(found, ast.ClassDef)
                yield found


def called(function: Function) -> str:
    """Return how a method is called."""
    return "[name]" if function.name == "__getitem__" else f".{bare_signature(function)}"


def functions(node: ast.ClassDef) -> Iterator[Function]:
    """Yield the functions of a class."""
    return (one for one in node.body if isinstance(one, Function))


def is_shown(function: Function) -> bool:
    """Return whether a function of a class is for its users: named without an underscore, or called by brackets."""
    return not function.name.startswith("_") or function.name == "__getitem__"


def is_property(function: Function) -> bool:
    """Return whether a function is read like a field."""
    return any(getattr(one, "id", getattr(one, "attr", "")) in PROPERTIES for one in function.decorator_list)


PROPERTIES: Final = ("property", "cached_property")


def fields_of(node: ast.ClassDef) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the public fields of a dataclass: name, then type with default, and what stands below it."""
    for statement, below in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name, kind = statement.target.id, plain(statement.annotation)
            if name.startswith("_") or kind.startswith("ClassVar"):
                continue
            default = "" if statement.value is None else f" = {default_of(statement.value)}"
            text = below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
            yield name, (kind + default, markup(" ".join(str(text).split())))


def default_of(value: ast.expr) -> str:
    """Return a default as it is read: that of ``field`` where it has one."""
    if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "field":
        given = {one.arg: one.value for one in value.keywords}
        return plain(given["default"]) if "default" in given else "…"
    return plain(value)


def arguments(function: Function) -> dict[str, str]:
    """Return the arguments of a function, each with its type."""
    spec = function.args
    every = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    named = {one.arg: "" if one.annotation is None else plain(one.annotation) for one in every if one.arg != "self"}
    return {**named, **({} if spec.kwarg is None else {f"**{spec.kwarg.arg}": ""})}


def signature(title: str, function: Function) -> str:
    """Return how a function is called, without types."""
    return f"{title}{bare_signature(function).removeprefix(function.name)}"


def bare_signature(function: Function) -> str:
    """Return a function's name and arguments with defaults, without types."""
    spec = function.args
    positional = [*spec.posonlyargs, *spec.args]
    defaults = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
    told = [_argument(one, value) for one, value in zip(positional, defaults, strict=True)]
    told = told[1:] if told[:1] in (["self"], ["cls"]) else told
    if spec.kwonlyargs:
        told.append("*")
    told += [_argument(one, value) for one, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=True)]
    told += [] if spec.kwarg is None else [f"**{spec.kwarg.arg}"]
    return f"{function.name}({', '.join(told)})"


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    return argument.arg if default is None else f"{argument.arg}={plain(default)}"


def documentation(node: ast.ClassDef | Function, known: dict[str, str]) -> list[str]:
    """Return the docstring as Markdown: its text, then its sections, parameters with their types."""
    told = ast.get_docstring(node) or ""
    pieces = SECTION.split(told)
    lines = [text_of(pieces[0])]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        if title == "Examples":
            lines += [fenced(body.strip(), "pycon")]
        else:
            lines += [f"**{title}**\n", *entries(body, known), ""]
    return lines


def entries(body: str, known: dict[str, str]) -> Iterator[str]:
    """Yield the entries of a section, each on one line."""
    for entry in re.split(r"\n(?=\S)", body.strip("\n")):
        name, _, text = entry.partition("\n")
        kinds = {known.get(one.strip(), "") for one in name.split(",")} - {""}
        kind = f": {kinds.pop()}" if len(kinds) == 1 else ""
        yield f"* `{name}{kind}`{_dash(markup(' '.join(text.split())))}"


def text_of(told: str) -> str:
    """Return paragraphs with their lines joined; what is indented (formulas, examples) stays as it is."""
    kept = []
    for paragraph in re.split(r"\n\s*\n", told.strip("\n")):
        if paragraph.lstrip().startswith(">>>"):
            kept.append(fenced(textwrap.dedent(paragraph), "pycon").rstrip())
        elif all(line.startswith("    ") for line in paragraph.splitlines()):
            kept.append(paragraph)
        else:
            kept.append(markup(" ".join(paragraph.split())))
    return "\n\n".join(kept) + "\n"


def first_paragraph(told: str) -> str:
    """Return the first paragraph of a docstring on one line."""
    return markup(" ".join(told.strip().split("\n\n")[0].split()))


def markup(text: str) -> str:
    """Return text with code marked as Markdown does."""
    return text.replace("``", "`")


def plain(node: ast.expr) -> str:
    """Return an expression as it is written, strings in double quotes."""
    written = ast.unparse(node)
    return written if '"' in written else written.replace("'", '"')


def fenced(code: str, language: str = "text") -> str:
    """Return code between fences."""
    return f"```{language}\n{code}\n```\n"


def _dash(text: str) -> str:
    return f" – {text}" if text else ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

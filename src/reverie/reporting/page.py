"""One self-contained HTML page for a run: it opens from disk and needs no network."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from reverie.foundation.files import write_text
from reverie.reporting.content import RunContent
from reverie.reporting.pictures import data_url
from reverie.reporting.score_tables import SCALE, summary_tables
from reverie.reporting.trial_view import Still, still_of, still_png, trial_view
from reverie.reporting.wording import CONTROL_LABELS

SCRIPTS = ("pictures.js", "player.js", "page.js")
"""The page's scripts, in the order in which they are loaded."""


def render_page(content: RunContent) -> str:
    """Return the page of a run as HTML; everything it shows and does is inside it.

    Every text is escaped, and a content security policy lets no other script run and no address be fetched.
    Raises ReverieError when the summary is not a table of the evaluation.
    """
    stills = [
        still_of(trial, data_url(still_png(trial)), f"#trial-{number}")
        for number, trial in enumerate(content.trials, start=1)
    ]
    return _render(content, stills, "data:")


def render_overview(content: RunContent, stills: Sequence[Still]) -> str:
    """Return the page of a run whose trials have pages of their own, beside it; their pictures are fetched from there.

    Parameters
    ----------
    content
        Without trials.

    Raises
    ------
    ReverieError
        As ``render_page`` does.
    """
    # A page opened from a disk has no origin that 'self' could mean.
    return _render(content, stills, "data: 'self' file:")


def write_page(path: Path, content: RunContent) -> None:
    """Write the page of a run whole or not at all."""
    write_text(path, render_page(content))


def _render(content: RunContent, stills: Sequence[Still], pictures_from: str) -> str:
    return fill_page(
        "report.html",
        ["report.css"],
        SCRIPTS,
        title=content.title,
        sentences=content.sentences,
        overview=content.overview,
        stills=stills,
        pictures_from=pictures_from,
        trials=[trial_view(trial, number) for number, trial in enumerate(content.trials, start=1)],
        summaries=summary_tables(content.summary) if content.summary is not None else [],
        groups=settings_groups(content.settings),
        controls=list(CONTROL_LABELS.values()),
        zero=-SCALE[0] / (SCALE[1] - SCALE[0]),
    )


def fill_page(template: str, styles: Sequence[str], scripts: Sequence[str], **values: object) -> str:
    """Return a page as HTML: a template filled in, with its style sheets, its scripts and the script of all pages.

    A content security policy lets no other script run.
    """
    script = '"use strict";\n(() => {\n' + "\n".join(map(asset, ("theme.js", *scripts))) + "\n})();\n"
    return (
        page_environment()
        .get_template(template)
        .render(
            **values,
            style=Markup("".join(map(asset, styles))),
            script=Markup(script),
            script_hash=b64encode(sha256(script.encode()).digest()).decode(),
        )
    )


def page_environment() -> Environment:
    """Return jinja's environment for templates: every text is escaped, and a missing value is an error."""
    return Environment(
        loader=PackageLoader("reverie.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asset(name: str) -> str:
    """Return the text of a file that pages are made of, such as a style sheet."""
    return files("reverie.reporting").joinpath("templates", name).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Group:
    """Settings that belong together; a row is a name and its value as text."""

    title: str
    rows: Sequence[tuple[str, str]]


def settings_groups(settings: Mapping[str, object]) -> list[Group]:
    """Return one group for each nested mapping at the top, and a first one for the single values; no empty ones.

    >>> settings_groups({"seed": 3, "solver": {"steps": 1000, "masks": {"training": 0.5}}})[1].rows
    [('steps', '1000'), ('masks · training', '0.5')]
    """
    single = {name: value for name, value in settings.items() if not isinstance(value, Mapping)}
    nested = {name: value for name, value in settings.items() if isinstance(value, Mapping)}
    groups = [Group("Run", _rows(single))] if single else []
    groups += [Group(_readable(name).capitalize(), _rows(value)) for name, value in nested.items()]
    return [group for group in groups if group.rows]


def _rows(settings: Mapping[str, object], above: str = "") -> list[tuple[str, str]]:
    rows = []
    for name, value in settings.items():
        if isinstance(value, list | tuple) and not value:
            continue
        path = f"{above} · {_readable(str(name))}" if above else _readable(str(name))
        rows += _rows(value, path) if isinstance(value, Mapping) else [(path, _text(value))]
    return rows


def _readable(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if value is None:
        return "chosen by the program"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_text(one) for one in value)
    return str(value)

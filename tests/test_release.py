"""What is released: the wheel holds all of the package; what other files say of it agrees with pyproject.toml."""

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from tests.laboratory import DOCUMENTS

PROJECT = tomllib.loads((DOCUMENTS / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = DOCUMENTS / "packaging/conda/meta.yaml"

ON_CONDA = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
"""Packages that conda-forge calls otherwise."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist, and the wheel that was built from the sdist alone."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(DOCUMENTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def files_of_the_package() -> set[str]:
    source = DOCUMENTS / "src"
    return {
        path.relative_to(source).as_posix()
        for path in (source / "reverie").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_wheel_holds_every_file_of_the_package(built):
    (wheel,) = built.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == files_of_the_package()
    assert {"reverie/py.typed", "reverie/encoders/fast/c/forward.c", "reverie/reporting/templates/report.html"} <= held


def test_the_wheel_works_from_elsewhere(built, tmp_path):
    (wheel,) = built.glob("*.whl")
    zipfile.ZipFile(wheel).extractall(tmp_path)
    code = "import reverie, sys; print(reverie.__file__); from reverie.cli.main import main; main(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
    assert "reconstruct" in done.stdout


def test_the_sdist_holds_what_a_stranger_needs(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    assert {"LICENSE", "CHANGELOG.md", "CITATION.cff", "docs/start.md", "tests/conftest.py", "mkdocs.yml"} <= held


def test_versions_agree():
    version = PROJECT["version"]
    assert yaml.safe_load((DOCUMENTS / "CITATION.cff").read_text(encoding="utf-8"))["version"] == version
    assert f"version: {version}\n" in CONDA.read_text(encoding="utf-8")
    assert f"## {version}" in (DOCUMENTS / "CHANGELOG.md").read_text(encoding="utf-8")


def test_conda_asks_for_what_pip_asks_for():
    asked = set(
        re.findall(r"^    - ([\w-]+ >=[\d.]+)$", CONDA.read_text(encoding="utf-8").partition("  run:")[2], re.M)
    )
    named = (one.split(">=") for one in PROJECT["dependencies"])
    assert asked == {"python >=3.11", *(f"{ON_CONDA.get(name, name)} >={bound}" for name, bound in named)}


def test_nothing_has_an_upper_bound():
    extras = [one for each in PROJECT["optional-dependencies"].values() for one in each]
    assert [one for one in (*PROJECT["dependencies"], *extras) if re.search(r"[<~!]|==", one)] == []
    assert PROJECT["requires-python"] == ">=3.11"


@pytest.mark.parametrize(
    "path", sorted((DOCUMENTS / ".github/ISSUE_TEMPLATE").glob("*.yml")), ids=lambda path: path.name
)
def test_templates_are_forms(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    if path.name == "config.yml":
        assert form == {"blank_issues_enabled": True}
        return
    assert {"name", "description", "body"} <= form.keys()
    assert all({"type", "id", "attributes"} <= part.keys() for part in form["body"])

"""What is released: the wheel holds all of the package; what other files say of it agrees with pyproject.toml."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from jinja2 import Template
from tests.laboratory import DOCUMENTS

PROJECT = tomllib.loads((DOCUMENTS / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = DOCUMENTS / "packaging/conda/meta.yaml"
CONTAINER = DOCUMENTS / "packaging/apptainer.def"

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


@pytest.fixture(scope="module")
def unpacked(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is in the sdist: builds in the repository itself would leave their files there."""
    folder = tmp_path_factory.mktemp("sdist")
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


def installed(command: list[str], target: Path, folder: Path) -> set[str]:
    """Install with a command of pip into a folder instead, and return which files of the package it brought there."""
    apart = ["--no-deps", "--no-build-isolation", "--no-compile", "--target", str(target)]
    done = subprocess.run([*command, *apart], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.relative_to(target).as_posix() for path in (target / "reverie").rglob("*") if path.is_file()}


def test_the_conda_recipe_installs_the_package(unpacked, tmp_path):
    """Its command, as conda-build fills it in; not conda itself."""
    recipe = yaml.safe_load(Template(CONDA.read_text(encoding="utf-8")).render(PYTHON=sys.executable))
    source = (unpacked / "packaging/conda" / recipe["source"]["path"]).resolve()
    assert installed(recipe["build"]["script"].split(), tmp_path, source) == files_of_the_package()
    assert recipe["build"]["entry_points"] == [f"reverie = {PROJECT['scripts']['reverie']}"]
    assert (source / recipe["about"]["license_file"]).is_file()


def test_the_container_recipe_copies_what_its_installation_needs(unpacked, tmp_path):
    """The files it copies, and the last of its pip commands; not Apptainer itself."""
    sections = dict(re.findall(r"^%(\w+)\n((?:    .*\n)+)", CONTAINER.read_text(encoding="utf-8"), re.M))
    for line in sections["files"].splitlines():
        source, place = line.split()
        target = tmp_path / place.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (unpacked / source).is_dir() else shutil.copy
        copy(unpacked / source, target)
    asked = re.findall(r"'(/opt/\S+)\[([\w,]+)\]'", sections["post"])
    assert set(asked[0][1].split(",")) <= PROJECT["optional-dependencies"].keys()
    command = [sys.executable, "-m", "pip", "install", str(tmp_path / asked[0][0].lstrip("/"))]
    assert installed(command, tmp_path / "site", tmp_path) == files_of_the_package()
    assert 'exec reverie "$@"' in sections["runscript"]


def test_oldest_versions_are_those_that_are_allowed():
    lines = (DOCUMENTS / "constraints-oldest.txt").read_text(encoding="utf-8").splitlines()
    tested = dict(line.split("==") for line in lines if not line.startswith("#"))
    allowed = dict(one.split(">=") for one in PROJECT["dependencies"])
    assert tested.keys() == allowed.keys() - {"torch"}
    assert [name for name, version in tested.items() if not f"{version}.".startswith(f"{allowed[name]}.")] == []


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

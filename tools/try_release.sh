#!/usr/bin/env bash
# Builds sdist and wheel, installs the wheel into a fresh environment outside the repository, and works with it there.
#
#     tools/try_release.sh [PYTHON] [CONSTRAINTS]
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-python3}
constraints=$(realpath "${2:-$repository/constraints.txt}")
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$python" -m venv "$place/build"
"$place/build/bin/pip" install --quiet build
rm -rf "$repository/dist"
"$place/build/bin/python" -m build --outdir "$repository/dist" "$repository" >"$place/build.log" || { cat "$place/build.log"; exit 1; }
ls -l "$repository/dist"

"$python" -m venv "$place/fresh"
"$place/fresh/bin/pip" install --quiet --constraint "$constraints" "$(ls "$repository"/dist/*.whl)"
cd "$place"
unset PYTHONPATH
export PATH="$place/fresh/bin:$PATH" XDG_CACHE_HOME="$place/cache"
python -c "import reverie; assert '$place' in reverie.__file__, reverie.__file__; print(reverie.__file__)"
reverie --help
reverie simulate --out DATA --animals 1 --neurons 60 --train 4 --oracle 2 --test 1 --frames 60
reverie inspect DATA
reverie train DATA --out ENCODER --architecture compact --preset tiny --steps 5
reverie reconstruct DATA ENCODER --trials live_test_main --method map --no-calibrated --draws 0 --out RUN
reverie report RUN
ls -l RUN/report.html RUN/*/*/movie.mp4
python - <<'END'
from reverie.encoders.fast.compiling import CannotCompileError, compiled_kernels

try:
    print("kernels:", compiled_kernels("native"))
except CannotCompileError as error:
    print("no kernels, torch alone:", error)
END
echo "The wheel works without the repository."

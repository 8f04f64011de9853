#!/usr/bin/env bash
# Runs the tests that need no browser, no cluster and no extra on the oldest versions that are allowed.
#
#     tools/try_oldest.sh [PYTHON]
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
python=${1:-python3}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

"$python" -m venv "$place/oldest"
"$place/oldest/bin/pip" install --quiet --prefer-binary --constraint "$repository/constraints.txt" \
    --constraint "$repository/constraints-oldest.txt" "$repository[demo]" pytest pytest-xdist hypothesis beartype selenium threadpoolctl
cd "$repository"
unset PYTHONPATH
mapfile -t nwb < <(grep -rlE 'pynwb|nwb_layouts' tests/recordings)
# Old packages warn of what is new beneath them, and the plugin of the oldest jaxtyping comes too late to check shapes.
OMP_NUM_THREADS=1 "$place/oldest/bin/python" -m pytest -q -n 2 -p no:cacheprovider -m "not browser" \
    -o addopts=--import-mode=importlib -o filterwarnings=default \
    --ignore tests/scoring/test_image_quality.py "${nwb[@]/#/--ignore=}" \
    tests/foundation tests/stimuli tests/scoring tests/reporting tests/recordings tests/encoders

#!/usr/bin/env bash
# Runs the tests that `make quick` runs, but those in a browser, on Debian 13: Python 3.13, its own PyTorch (2.6, the
# oldest allowed) and the newest of everything else, in a folder of their own. As root; takes mmdebstrap.
#
#     tools/try_newer.sh
#
# Ends with 3 where nothing could be tried, since there is no way to Debian's packages or nothing may be mounted.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
place=$(mktemp -d)
# Mounts are seen by nobody else and end with the process that made them; nothing of this machine is removed with it.
trap 'rm -rf --one-file-system "$place"' EXIT

unshare --mount true || exit 3
mmdebstrap --quiet --variant=apt --include=python3,python3-venv,python3-torch,gcc,libc6-dev,ca-certificates \
    trixie "$place" || exit 3
# What this machine trusts and where it looks names up, which a proxy may ask for.
cp /etc/resolv.conf "$place/etc/resolv.conf"
cp /etc/ssl/certs/ca-certificates.crt "$place/etc/ssl/certs/ca-certificates.crt"
mkdir "$place/root/reverie"
git -C "$repository" ls-files -z | tar --directory "$repository" --null --files-from - --create |
    tar --directory "$place/root/reverie" --extract

unshare --mount --propagation private bash -s "$place" <<'INSIDE'
set -euo pipefail
for each in proc dev sys; do mount --rbind "/$each" "$1/$each" || exit 3; done
chroot "$1" env -u PYTHONPATH -u PIP_FIND_LINKS OMP_NUM_THREADS=1 bash -e -c '
cd /root/reverie
python3 -m venv --system-site-packages .venv
.venv/bin/pip install --quiet --editable ".[demo,dev]"
.venv/bin/python -c "import sys, numpy, torch; print(sys.version.split()[0], torch.__version__, numpy.__version__)"
.venv/bin/python -m pytest -q -n 2 -m "not slow and not browser"'
INSIDE

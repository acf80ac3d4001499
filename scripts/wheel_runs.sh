#!/bin/sh
# Build the wheel, install it where otherwise only its dependencies are, and run its command there.
#   wheel_runs.sh VENV
set -eu

venv=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
libraries() { "$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'; }
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

pip wheel -qq --no-deps --no-build-isolation --wheel-dir "$work" .
"$venv/bin/python" -m venv --without-pip "$work/clean"
pip --python "$work/clean/bin/python" install -qq --no-deps --no-compile "$work"/ontograft-*.whl
# Lend it the libraries of $venv, after its own. The editable ontograft of $venv does not come
# along: that is a .pth file, and Python follows .pth files one step only.
libraries "$venv" >"$(libraries "$work/clean")/lent.pth"

cd "$work" # away from the checkout, whose packages would be found first
clean/bin/python - <<'PY'
import sys
from pathlib import Path

import ontograft
from ontograft.resources import finance_folder

for place in (Path(ontograft.__file__), finance_folder()):
    if not place.resolve().is_relative_to(Path(sys.prefix).resolve()):
        sys.exit(f"{place} is not the wheel's own: this check would say nothing")
PY
clean/bin/ontograft --help >help
grep -q 'demo' help
printf 'the wheel runs: %s\n' "$(basename ontograft-*.whl)"

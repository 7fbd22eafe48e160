#!/bin/sh
# Makes .venv from requirements.txt: venv.sh PYTHON. `make .venv` runs it.
set -eu
python=$1

# Everything that this machine lacks, in one message: nobody wants to learn it item by item.
missing=
command -v "$python" > /dev/null || missing="$missing python3"
command -v git > /dev/null || missing="$missing git"
"$python" -c 'import ensurepip' 2> /dev/null || missing="$missing python3-venv"
if [ -n "$missing" ]; then
    echo "missing:$missing" >&2
    echo 'type (as root): apt-get install make git python3-venv' >&2
    exit 1
fi
version=$("$python" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$python is Python $version; needs 3.11 or newer: make PYTHON=python3.11 …" >&2
    exit 1
}

[ ! -L .venv ] || {
    echo ".venv is a link to $(readlink .venv), which this would empty: rm .venv" >&2
    exit 1
}
echo 'making .venv (half a minute) …'
failed() {
    echo "could not install requirements.txt: pip names the cause above; needs an index that pip" >&2
    echo "reaches (behind a proxy: HTTPS_PROXY, PIP_INDEX_URL, PIP_CERT) and 400 MB here; then" >&2
    echo "type the same again" >&2
    exit 1
}
# --clear: what an interrupted run or another Python has left
"$python" -m venv --clear .venv || failed
# The file is complete and needs no resolver: pip 23 resolves extras anew, and rejects what it
# then finds without a hash.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
    -r requirements.txt || failed
.venv/bin/python -m pip check > .venv/check 2>&1 || {
    cat .venv/check >&2
    failed
}
touch .venv/.made

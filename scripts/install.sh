#!/usr/bin/env bash
# Make .venv when it is missing and install chromkeras into it: install.sh [EXTRA [PIP OPTIONS]],
# EXTRA such as "dev".
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

find_python() {
    local name
    for name in python3.12 python3.13 python3.11 python3 python; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
                2>/dev/null; then
            echo "$name"
            return
        fi
    done
    echo "chromkeras needs Python 3.11, 3.12 or 3.13 (those that TensorFlow supports)" >&2
    exit 2
}

if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    echo "making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi
echo "installing chromkeras${1:+ with the extra \"$1\"}; the first time this takes some minutes"
.venv/bin/python -m pip install --quiet --disable-pip-version-check "${@:2}" \
    --editable ".${1:+[$1]}"

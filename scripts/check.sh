#!/usr/bin/env bash
# The one check: format, lint, types and tests, in an environment made from the project's own files.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/install.sh dev
export PATH="$PWD/.venv/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2 MPLBACKEND=Agg

echo "== format"
ruff format --check .
echo "== lint"
ruff check .
echo "== types"
mypy
echo "== tests on TensorFlow"
python -m pytest -q "$@"
echo "== tests of the core on JAX"
KERAS_BACKEND=jax python -m pytest -q -m backend "$@"

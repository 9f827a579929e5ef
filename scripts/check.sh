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
echo "== tests on TensorFlow, and beside them those of the core on JAX"
log=$(mktemp)
trap 'rm -f "$log"; kill $(jobs -p) 2>/dev/null || true' EXIT
KERAS_BACKEND=jax python -m pytest -q -m backend "$@" >"$log" 2>&1 &
python -m pytest -q "$@"
echo "== tests on JAX"
wait $! || { cat "$log"; exit 1; }
cat "$log"

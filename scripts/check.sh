#!/usr/bin/env bash
# The one check: format, lint, types and tests, in an environment made from the project's own files.
# check.sh [--peers] [PYTEST OPTIONS]; --peers also installs the packages that ours are compared
# with (torch among them), so that no test in tests/peers is skipped, and attributes on torch.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
peers=
if [ "${1:-}" = --peers ]; then
    peers=yes
    shift
fi
# What is imported, a small part of what is installed, is compiled when it is, and once.
unset PYTHONDONTWRITEBYTECODE
bash scripts/install.sh "dev${peers:+,peers}" --no-compile
export PATH="$PWD/.venv/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2 MPLBACKEND=Agg
# two processes of tiny models: threads would only wait for each other
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if [ -n "$peers" ]; then
    python -c 'import captum, shap, tangermeme, torch'  # a missing one would only skip its tests
fi

echo "== format"
ruff format --check .
echo "== lint"
ruff check .
scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
echo "== types"
# Beside it numba compiles TomTom and TF-MoDISco once, which both test processes would do anew.
# What fails there fails below; most of it is done when mypy is, and what needs it comes later.
for motifs in tomtom modisco; do
    python -m pytest -q "tests/chrominterpret/test_$motifs.py" >"$scratch/$motifs" 2>&1 &
done
mypy
echo "== tests on TensorFlow"
run_tests() { python -m pytest -q -n 2 --dist loadfile "$@"; }
run_tests "$@"
echo "== tests of the core on JAX"
marked=($(grep -rl --include="*.py" "mark\.backend" tests))
# Programs that run for milliseconds are not worth optimising, and what one process has compiled
# the other takes from the cache.
KERAS_BACKEND=jax JAX_DISABLE_MOST_OPTIMIZATIONS=1 JAX_COMPILATION_CACHE_DIR="$scratch/jax" \
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1 \
    run_tests -m backend "$@" "${marked[@]}"
if [ -n "$peers" ]; then
    echo "== attribution on torch"
    KERAS_BACKEND=torch run_tests -m backend "$@" \
        tests/chrominterpret/test_{backend,deep_lift,gradient,mutagenesis,secant,spread}.py
fi

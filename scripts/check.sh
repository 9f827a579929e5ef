#!/usr/bin/env bash
# The one check: format, lint, types and tests, in an environment made from the project's own files.
# check.sh [--full] [PYTEST OPTIONS]
# Without --full: all tests on TensorFlow but those marked slow and those of tests/peers, at most 15
# minutes on two cores. With --full: those as well, the tests of the core on JAX, attribution on
# torch, and the documentation is built; the packages that ours are compared with (torch among them)
# and those that build the site are installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
full=
if [ "${1:-}" = --full ]; then
    full=yes
    shift
fi
# What is imported, a small fraction of what is installed, is compiled when it is, and once.
unset PYTHONDONTWRITEBYTECODE
bash scripts/install.sh "dev${full:+,peers,docs}" --no-compile
export PATH="$PWD/.venv/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=2 MPLBACKEND=Agg
# two processes of tiny models: threads would only wait for each other
export TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if [ -n "$full" ]; then
    python -c 'import captum, jax, shap, tangermeme, torch'  # a missing one would only skip its tests
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
    python -m pytest -q "tests/chrominterpret/motifs/test_$motifs.py" >"$scratch/$motifs" 2>&1 &
done
mypy
run_tests() { python -m pytest -q -n 2 --dist loadfile "$@"; }
if [ -z "$full" ]; then
    echo "== tests on TensorFlow, but the slow ones"
    run_tests -m "not slow" --ignore=tests/peers "$@"
    exit
fi
echo "== tests on TensorFlow, the slow ones and peers among them"
run_tests "$@"
# The documentation is built by one process, which the tests of the other backends need not wait for.
bash scripts/docs.sh --installed >"$scratch/docs" 2>&1 &
docs=$!
echo "== tests of the core on JAX"
marked=($(grep -rl --include="*.py" "mark\.backend" tests))
# Programs that run for milliseconds are not worth optimising, and what one process has compiled
# the other takes from the cache.
KERAS_BACKEND=jax JAX_DISABLE_MOST_OPTIMIZATIONS=1 JAX_COMPILATION_CACHE_DIR="$scratch/jax" \
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1 \
    run_tests -m backend "$@" "${marked[@]}"
echo "== attribution on torch"
KERAS_BACKEND=torch run_tests -m backend "$@" \
    tests/chrominterpret/{test_zoo,engine/test_{backend,chain,secant,spread}}.py \
    tests/chrominterpret/methods/test_{deep_lift_shap,gradient,in_silico_mutagenesis}.py
echo "== documentation"
wait "$docs" || {
    cat "$scratch/docs"
    exit 1
}
tail -n 5 "$scratch/docs"

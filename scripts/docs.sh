#!/usr/bin/env bash
# Build the documentation to docs/_build/html: warnings are errors, tutorials run, and every internal
# link of the built pages leads somewhere. No network but for the installation, which --installed
# leaves out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ "${1:-}" = --installed ] || bash scripts/install.sh docs --no-compile
export PATH="$PWD/.venv/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=3 MPLBACKEND=Agg
python -m sphinx -b html -W --keep-going -n -E -q -D nb_execution_mode=force docs docs/_build/html
python scripts/check_links.py docs/_build/html
echo "open docs/_build/html/index.html"

#!/usr/bin/env bash
# Build the wheel, install it alone into an empty environment, and work with it in an empty folder as
# a person without the repository would: train the demo, open a shipped model, interpret, compare.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source_python=${1:-python3}
[ -x .venv/bin/python ] && source_python=$PWD/.venv/bin/python
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pip="-m pip --quiet --disable-pip-version-check"

echo "== wheel"
"$source_python" $pip wheel --no-deps --wheel-dir "$work/dist" .
"$source_python" -m venv "$work/env"
"$work/env/bin/python" $pip install "$work"/dist/chromkeras-*.whl
mkdir "$work/empty"
cd "$work/empty"
export PATH="$work/env/bin:$PATH" TF_CPP_MIN_LOG_LEVEL=3 MPLBACKEND=Agg

echo "== command line"
small=(--set "architecture.filters=[8,8,8]" --set "architecture.dense=[16,16]" --epochs 1)
for plan in hard single; do
    chromkeras train "$plan" "${small[@]}" --out "$plan.keras"
done
chromkeras evaluate --model hard.keras
chromkeras interpret --model hard.keras --out interpret --sequences 4 --scan 100 --references 2 \
    --modisco 0
chromkeras compare hard.keras single.keras --out compare --bootstrap 20 --sequences 16 --attributed 2
chromkeras info worm_hard --json | python -m json.tool >/dev/null
chromkeras doctor
chromkeras evaluate --model worm_hard
for file in interpret/report.html compare/report.html; do
    [ -s "$file" ] || { echo "$file is missing" >&2; exit 1; }
done

echo "== library"
python - <<'PYTHON'
import chromkeras
import chrominterpret

model = chromkeras.open_model("worm_hard")
dataset = chromkeras.datasets.worm()
probabilities = chromkeras.predict(model, dataset, split="test")
assert probabilities.shape == (3519, 16), probabilities.shape
places = chromkeras.__file__, chrominterpret.__file__
assert all("site-packages" in place for place in places), places
PYTHON
echo "the wheel works alone"

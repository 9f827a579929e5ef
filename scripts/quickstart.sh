#!/usr/bin/env bash
# From a fresh clone to a trained, evaluated and interpreted model, on a simulated demo.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
bash scripts/install.sh
out=quickstart
chromkeras=.venv/bin/chromkeras

echo "== train a hard-shared model on simulated peaks with real JASPAR motifs planted"
"$chromkeras" train hard --out "$out/hard.keras"
echo "== evaluate it on the test split"
"$chromkeras" evaluate --model "$out/hard.keras" --out "$out/metrics.json"
echo "== interpret what it learned"
"$chromkeras" interpret --model "$out/hard.keras" --out "$out/interpret"

echo
echo "Look first at $out/interpret/report.html: what the model reads, on one page that needs no network."
echo "Then at:"
find "$out" -type f \( -name '*.png' -o -name '*.tsv' -o -name '*.json' -o -name '*.csv' \
    -o -name '*.meme' -o -name '*.keras' \) | sort | sed 's/^/  /'

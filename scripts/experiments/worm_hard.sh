#!/usr/bin/env bash
# The worm model of the README: worm_hard.sh ARRAYS.h5 [OUT]
# ARRAYS.h5 holds x, y, tasks, split, chrom, start and kind of the worm ATAC-seq elements.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
arrays=${1:?usage: worm_hard.sh ARRAYS.h5 [OUT]}
out=${2:-runs/worm_hard}
chromkeras=.venv/bin/chromkeras

[ -f "$out/worm.h5" ] || "$chromkeras" prepare --arrays "$arrays" --out "$out/worm.h5"
resume=()
[ -f "$out/hard.resume.npz" ] && resume=(--resume)
[ -f "$out/hard.keras" ] ||
    "$chromkeras" train hard --data "$out/worm.h5" --out "$out/hard.keras" "${resume[@]}"
"$chromkeras" evaluate --model "$out/hard.keras" --data "$out/worm.h5" --out "$out/metrics.json" |
    tee "$out/evaluation.txt"
.venv/bin/python scripts/kmer_baseline.py "$out/worm.h5" --split test | tee "$out/kmer.txt"
"$chromkeras" interpret --model "$out/hard.keras" --data "$out/worm.h5" --split valid \
    --out "$out/interpretation" | tee "$out/interpretation.txt"

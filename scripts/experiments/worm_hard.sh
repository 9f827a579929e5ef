#!/usr/bin/env bash
# The worm model of the README: worm_hard.sh ARRAYS.h5 [OUT]
# ARRAYS.h5 holds x, y, tasks, split, chrom, start and kind of the worm ATAC-seq elements.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
arrays=${1:?usage: worm_hard.sh ARRAYS.h5 [OUT]}
out=${2:-runs/worm_hard}
chromkeras=.venv/bin/chromkeras

[ -f "$out/worm.h5" ] || "$chromkeras" prepare arrays "$arrays" --out "$out/worm.h5"
# First all rows; then fewer background rows, so that the model tells tasks apart within elements.
finish() { # finish NAME ARGUMENTS: train or go on to $out/NAME.keras, unless it is there
    local model="$out/$1.keras" resume=()
    [ ! -f "$out/$1.resume.npz" ] || resume=(--resume)
    [ -f "$model" ] || "$chromkeras" "${@:2}" --data "$out/worm.h5" --out "$model" "${resume[@]}"
}
finish all_rows train hard --set training.loss=plain
finish hard finetune --model "$out/all_rows.keras" --epochs 6 \
    --set training.learning_rate=1e-3 --set data.background=0.4
"$chromkeras" evaluate --model "$out/hard.keras" --data "$out/worm.h5" --out "$out/metrics.json" |
    tee "$out/evaluation.txt"
for name in kmer kmer_elements; do # on all rows, and on elements alone
    only=()
    [ "$name" = kmer ] || only=(--set baseline.elements=true)
    [ -f "$out/$name.keras" ] ||
        "$chromkeras" train kmer --data "$out/worm.h5" --out "$out/$name.keras" "${only[@]}"
    "$chromkeras" evaluate --model "$out/$name.keras" --data "$out/worm.h5" | tee "$out/$name.txt"
    "$chromkeras" evaluate --model "$out/hard.keras" --data "$out/worm.h5" \
        --against "$out/$name.keras" --json >"$out/against_$name.json"
done
"$chromkeras" interpret --model "$out/hard.keras" --data "$out/worm.h5" --split valid \
    --out "$out/interpretation" | tee "$out/interpretation.txt"

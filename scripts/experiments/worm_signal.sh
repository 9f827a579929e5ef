#!/usr/bin/env bash
# The worm's accessibility over 11 stages as real values, from bigWig files: worm_signal.sh OUT
# Heights of peaks in elements alone; what a loss does, on the validation split. WORM is the folder of
# the data (genome.fa.gz, peaks/, worm_atac.h5).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: worm_signal.sh OUT_FOLDER}
worm=${WORM:-$here/../../../shared/data/worm}
python=${PYTHON:-python} chromkeras=${CHROMKERAS:-chromkeras} epochs=${EPOCHS:-4}
mkdir -p "$out"

[ -d "$out/signal" ] || "$python" "$here/worm_signal.py" "$worm" "$out/signal"
[ -f "$out/signal.h5" ] || "$chromkeras" prepare bigwig "$out/signal" \
    --peaks "$worm/peaks/all_elements.bed.gz" --genome "$worm/genome.fa.gz" \
    --width 151 --uncovered unknown --merge-distance 500 \
    --valid chrX:0-3,000,000 --test chrX:3,000,000-6,000,000 --out "$out/signal.h5"
for loss in mse poisson cosine_mse cosine_mse_log; do
    [ -f "$out/$loss.keras" ] || "$chromkeras" train hard --data "$out/signal.h5" \
        --set "training.loss=$loss" --set "architecture.filters=[32,48,48]" \
        --epochs "$epochs" --out "$out/$loss.keras"
    "$chromkeras" evaluate --model "$out/$loss.keras" --data "$out/signal.h5" --split valid
done
[ -d "$out/interpretation" ] || "$chromkeras" interpret --model "$out/cosine_mse_log.keras" \
    --data "$out/signal.h5" --split valid --sequences 24 --out "$out/interpretation"

#!/usr/bin/env bash
# Published architectures in their small sizes on the five worm tissues, beside 6-mer logistic
# regression on the same rows: published.sh ARRAYS.h5 [OUT]
# ARRAYS.h5 is that of worm_hard.sh. Rows: those with a known tissue label, their middle 300 bp.
# FactorNet reads the DNA alone and has no recurrent layer here.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
arrays=${1:?usage: published.sh ARRAYS.h5 [OUT_FOLDER]}
out=${2:-runs/published}
python=${PYTHON:-python} chromkeras=${CHROMKERAS:-chromkeras} epochs=${EPOCHS:-6}
mkdir -p "$out"

if [ ! -f "$out/worm.h5" ]; then
    "$python" "$here/published.py" rows "$arrays" "$out/tissues.npz"
    "$chromkeras" prepare arrays "$out/tissues.npz" --out "$out/worm.h5"
fi
[ -f "$out/kmer.txt" ] ||
    "$python" "$here/../kmer_baseline.py" "$out/worm.h5" --split valid | tee "$out/kmer.txt"
for architecture in ${ARCHITECTURES:-deepsea danq deepbind factornet}; do
    case $architecture in
    deepsea) set=() ;;
    factornet) set=(--set 'architecture.reads=["dna"]' --set architecture.units=0) ;;
    *) set=(--set training.batch_size=128) ;;
    esac
    [ -f "$out/$architecture.keras" ] ||
        "$chromkeras" train hard --architecture "$architecture" "${set[@]}" --epochs "$epochs" \
            --data "$out/worm.h5" --out "$out/$architecture.keras"
done
"$python" "$here/published.py" table "$out"

#!/usr/bin/env bash
# FactorNet's three inputs against fewer, on simulated binding: three_inputs.sh OUT
# The rule is known: a factor binds a site of its motif in open chromatin, in promoters with
# probability 0.95 and elsewhere with 0.5. UNITS=16 takes the form with a recurrent layer. Some filters
# start from the factors' motifs, as the authors' program offers too: rows are few.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${1:?usage: three_inputs.sh OUT_FOLDER}
python=${PYTHON:-python} chromkeras=${CHROMKERAS:-chromkeras}
rows=${ROWS:-12000} epochs=${EPOCHS:-16} units=${UNITS:-0}
mkdir -p "$out"

[ -f "$out/simulated.h5" ] || "$chromkeras" simulate --kind binding --sequences "$rows" --tasks 2 \
    --length 300 --span 200 --out "$out/simulated.h5"
"$python" "$here/three_inputs.py" motifs "$out"
for reads in '"dna","signal","annotation"' '"dna","signal"' '"dna"'; do
    name=$(tr -d '"' <<<"$reads" | tr , _)
    [ -f "$out/$name.keras" ] || "$chromkeras" train hard --data "$out/simulated.h5" \
        --architecture factornet --size small --set "architecture.reads=[$reads]" \
        --set "architecture.units=$units" --set architecture.filters=32 \
        --set "architecture.motifs=$out/motifs.meme" \
        --set training.schedule=cosine --set training.patience=99 \
        --epochs "$epochs" --out "$out/$name.keras"
done
[ -f "$out/kmer.keras" ] ||
    "$chromkeras" train kmer --data "$out/simulated.h5" --out "$out/kmer.keras"
"$chromkeras" interpret --model "$out/dna_signal_annotation.keras" --data "$out/simulated.h5" \
    --out "$out/interpretation" --truth --sequences 24
"$python" "$here/three_inputs.py" figures "$out"

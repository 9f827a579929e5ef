#!/usr/bin/env bash
# The expression data sets: expression_data.sh DATA_FOLDER OUT_FOLDER
# DATA_FOLDER holds yeast/gasch2000.h5 and histone/histone_expression_K562_H1.h5.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
data=${1:?usage: expression_data.sh DATA_FOLDER OUT_FOLDER}
out=${2:?usage: expression_data.sh DATA_FOLDER OUT_FOLDER}
python=${PYTHON:-python} chromkeras=${CHROMKERAS:-chromkeras}
files=$out/files

"$python" "$here/expression_files.py" "$files" \
    "$data/yeast/gasch2000.h5" "$data/histone/histone_expression_K562_H1.h5"

# Genes of chromosomes XV and VII are held out, chosen before any model was trained.
yeast=$files/yeast
"$chromkeras" prepare expression "$yeast/expression.tsv" \
    --promoters "$yeast/promoters.fa" --positions "$yeast/positions.tsv" \
    --regulators "$yeast/regulators.txt" --valid chrXV --test chrVII --out "$out/yeast.h5"

# 600 genes in two cell types, with the split of the source; 200 bins of 100 bp.
histone=$files/histone
"$chromkeras" prepare expression "$histone/expression.tsv" \
    --histone "E123=$histone/E123.npz" --histone "E003=$histone/E003.npz" --log --log-marks \
    --valid-genes "$histone/valid_genes.txt" --test-genes "$histone/test_genes.txt" \
    --out "$out/histone.h5"

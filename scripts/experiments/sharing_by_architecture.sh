#!/usr/bin/env bash
# Does what holds for Basset hold for other networks? sharing_by_architecture.sh WORM.h5 [OUT]
# Single, hard and soft plans of three architectures at equal budget: the same rows, epochs and
# seeds. table.md has mean and spread, and the differences between plans with their intervals.
# Interrupted, the same command goes on: a model that OUT holds is not trained again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
worm=${1:?usage: sharing_by_architecture.sh WORM.h5 [OUT]}
out=${2:-runs/sharing_by_architecture}
chromkeras=${CHROMKERAS:-.venv/bin/chromkeras}
tasks=${TASKS-Germline,Neurons,Muscle,Hypod,Intest}

# Narrow networks of one width, so that the separate ones are trained in the same hour.
narrow=(
    --set 'basset:architecture.filters=[16,16,16]' --set 'basset:architecture.dense=[32,32]'
    --set 'deepsea:architecture.filters=[16,16,16]' --set 'deepsea:architecture.dense=[32]'
    --set 'dilated:architecture.filters=16' --set 'dilated:architecture.dense=[32]'
)
"$chromkeras" benchmark --data "$worm" --models basset,deepsea,dilated \
    --plans single,hard,soft --size small --seeds "${SEEDS:-3}" --epochs "${EPOCHS:-8}" \
    --split "${SPLIT:-test}" --out "$out" ${tasks:+--tasks $tasks} "${narrow[@]}"

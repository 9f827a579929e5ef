#!/usr/bin/env bash
# The primer's table, measured: primer_table.sh WORM.h5 [OUT]
# WORM.h5 is the worm data set that worm_hard.sh prepares (600 bp). The other half of the table is
# measured on simulated binding at 101 bp, the length of DeepBind and of the primer's first rows:
# a tenth of the rows hold one or two sites of each of four factors, and labels are wrong in 2 %;
# rows without sites, or with their letters shuffled, are unbound.
# Interrupted, the same command goes on: a model that OUT holds is not trained again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
worm=${1:?usage: primer_table.sh WORM.h5 [OUT]}
out=${2:-runs/primer_table}
chromkeras=${CHROMKERAS:-.venv/bin/chromkeras} seeds=${SEEDS:-3} split=${SPLIT:-test}
epochs=${EPOCHS:+--epochs $EPOCHS}
mkdir -p "$out"

binding="$out/binding_101.h5"
[ -f "$binding" ] || "$chromkeras" simulate --tasks 4 --sequences 20000 --length 101 --span 95 \
    --source jaspar:vertebrates --motifs GATA1,SPI1,MAX,MA0139.2 --motifs-per-task 1 --copies 1-2 \
    --positive-rate 0.1 --label-noise 0.02 --gc 0.42 --seed 0 --out "$binding"
# Without MODELS, all that can be built for the length and the inputs. In 101 bp nothing would be left
# for the last filters of Basset and DeepSEA without padding.
models=${MODELS:+--models $MODELS}
padded=(basset:architecture.padding=same deepsea:architecture.padding=same)
known=pwm:baseline.motifs=jaspar
options() { # options SETTING ...: the settings of models that are measured
    local setting
    for setting; do
        case ",${MODELS:-${setting%%:*}}," in
        *",${setting%%:*},"*) printf -- '--set %s ' "$setting" ;;
        esac
    done
}
for data in "$worm" "$binding"; do
    name=$(basename "$data" .h5)
    settings=$(options "$known:nematodes")
    [ "$data" != "$binding" ] || settings=$(options "${padded[@]}" "$known:vertebrates")
    "$chromkeras" benchmark --data "$data" --plan hard --size small --seeds "$seeds" \
        --split "$split" --out "$out/$name" $models $epochs $settings
done

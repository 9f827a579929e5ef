"""The part "gradients": vanishing and conflict of gradients that were watched in training."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from chrominterpret.page.blocks import Block, Cell, HeatMap, Notes, Number, Section, Table
from chromkeras.comparison.core.comparison import Comparison
from chromkeras.comparison.core.part import PartResult, picture
from chromkeras.model_file.beside import gradient_log_path
from chromkeras.monitoring.gradient_flow import (
    SHARE,
    agreement,
    change_by_state,
    conflict,
    vanishing,
)
from chromkeras.monitoring.gradient_log import GradientLog, load_gradient_log
from chromkeras.monitoring.gradient_plot import gradient_figure
from chromkeras.statistics.means import median_defined

ORDER = 70

SHARES = (SHARE, 0.05, 0.1)
_LEAD = (
    "Each task's gradient on one fixed batch of the training split, without augmentation and "
    "dropout, before every k-th step and after the last. A gradient is near zero below a share "
    "of its own norm before training; the last layer, whose bias always has one, does not count."
)
_CAPTION = (
    "Moments at which the gradients of all tasks are near zero, by the share that counts as "
    "near; change of the mean task's loss on the batch in 1000 steps after "
    f"moments at which all, some or no tasks' gradients are below {SHARE:.0%}; cosine of two "
    "tasks' gradients at shared layers, and how often it is negative; the largest share of dead "
    "ReLUs of a layer after the last step, mean over tasks; time spent on watching."
)


def compare_part(comparison: Comparison) -> PartResult:
    """Show what was watched of the gradients, and say of which models nothing was."""
    logs: dict[str, GradientLog] = {}
    notes = []
    for model in comparison.models:
        path = gradient_log_path(model.path)
        if not path.exists():
            notes.append(f"{model.name}: no {path.name} beside it; train with `watch_gradients`.")
            continue
        log = load_gradient_log(path)
        if log.fingerprint != model.card.fingerprint or not log.moments:
            notes.append(f"{model.name}: {path.name} is of another training, and left out.")
            continue
        logs[model.name] = log
    return gradient_result(logs, notes)


def gradient_result(logs: Mapping[str, GradientLog], notes: list[str]) -> PartResult:
    """Return the part's sections, tables and figures.

    Parameters
    ----------
    logs
        By the model's name, each of at least one moment.
    notes
        What a reader must know.
    """
    if not logs:
        return PartResult([Section("Where gradients die", [Notes(notes)])] if notes else [])
    facts = {name: _facts(log) for name, log in logs.items()}
    figures: dict[str, Figure] = {}
    first: list[Block] = [Notes(notes)] if notes else []
    sections = [Section("Where gradients die", [*first, _table(facts)], _LEAD)]
    for number, (name, log) in enumerate(logs.items()):
        figure = gradient_figure(log)
        figures[f"gradients_{number}.png"] = figure
        sections.append(_section(name, log, figure, number))
    tables = {
        "gradients.tsv": [row for name, log in logs.items() for row in _norm_rows(name, log)],
        "gradient_conflict.tsv": [row for n, log in logs.items() for row in _pair_rows(n, log)],
    }
    return PartResult(sections, {"gradients": facts}, tables, figures)


def _facts(log: GradientLog) -> dict[str, Any]:
    states = {share: vanishing(log, share=share) for share in SHARES}
    changes = change_by_state(log, states[SHARE])
    found = conflict(log)
    dead = log.dead[-1].mean(axis=0)
    return {
        "moments": len(log.moments),
        **{f"all_near_zero_{share:g}": state.fraction for share, state in states.items()},
        **{f"moments_{k.split()[0]}": count for k, (count, _) in changes.items()},
        **{f"loss_change_{k.split()[0]}": change for k, (_, change) in changes.items()},
        "cosine": found.mean,
        "opposed": found.opposed_pairs,
        "dead_relu": float(dead.max(initial=0.0)),
        "dead_relu_layer": log.activations[int(dead.argmax())] if len(dead) else "",
        "seconds": float(sum(moment.seconds for moment in log.moments)),
    }


def _table(facts: Mapping[str, dict[str, Any]]) -> Table:
    columns = [
        "model", "moments", *(f"all below {share:.0%}" for share in SHARES),
        "loss after all", "after some", "after none",
        "cosine", "opposed", "dead ReLUs", "where", "s watched",
    ]  # fmt: skip
    rows: list[list[Cell]] = [
        [
            name,
            Number.of(one["moments"], ".0f"),
            *(Number.of(one[f"all_near_zero_{share:g}"], ".0%") for share in SHARES),
            *(Number.of(one[f"loss_change_{kind}"], "+.3g") for kind in ("all", "some", "none")),
            Number.of(one["cosine"], ".2f"),
            Number.of(one["opposed"], ".0%"),
            Number.of(one["dead_relu"], ".0%"),
            one["dead_relu_layer"],
            Number.of(one["seconds"], ".0f"),
        ]
        for name, one in facts.items()
    ]
    return Table(columns, rows, _CAPTION)


def _section(name: str, log: GradientLog, figure: Figure, number: int) -> Section:
    blocks: list[Block] = [
        picture(
            figure,
            "Norm of each task's gradient by layer; the loss, dead ReLUs and signal-to-noise "
            f"ratio of batches of {log.rows // log.parts} sequences; cosines of the tasks' "
            "gradients. Shaded: all tasks' gradients near zero.",
            f"gradients_{number}",
        ),
        _norm_map(log),
    ]
    if log.common:
        blocks += [_conflict_map(log), _agreement_table(log)]
    else:
        blocks.append(Notes(["No layer is shared, so the tasks' gradients meet nowhere."]))
    return Section(f"Gradients of {name}", blocks)


def _norm_map(log: GradientLog) -> HeatMap:
    """Return the median task's norm relative to the first moment's, layers by moments."""
    norm = log.norm.astype(np.float64)
    first = norm[0]
    share = np.divide(norm, first, out=np.full(norm.shape, np.nan), where=first > 0)
    names = [f"{n}, {s}" for n, s in zip(log.layers, log.sharing, strict=True)]
    epochs = [f"{epoch:.2f}" for epoch in log.epochs]
    caption = "Gradient norm over that before training, median task, by layer and epoch."
    return HeatMap(median_defined(share, axis=1).T, names, epochs, caption, signed=False)


def _conflict_map(log: GradientLog) -> HeatMap:
    caption = (
        "Cosine of the tasks' gradients over all the weights that both read, mean over the "
        "moments; empty where they share none."
    )
    return HeatMap(conflict(log).cosine, log.tasks, log.tasks, caption)


def _agreement_table(log: GradientLog) -> Table:
    values, found = agreement(log), conflict(log)
    rows: list[list[Cell]] = [
        [
            log.layers[layer],
            log.sharing[layer],
            Number.of(found.by_layer[i], ".3f"),
            *(Number.of(values[moment, i], ".2f") for moment in (0, -1)),
        ]
        for i, layer in enumerate(log.common)
    ]
    caption = (
        "Mean cosine of two tasks' gradients; length of the sum of all tasks' gradients over the "
        f"sum of their lengths: 1 all alike, {1 / np.sqrt(len(log.tasks)):.2f} at right angles, "
        "0 they cancel."
    )
    return Table(["layer", "sharing", "cosine", "agreement, first", "last"], rows, caption)


def _norm_rows(name: str, log: GradientLog) -> list[dict[str, Any]]:
    return [
        {
            "model": name,
            "step": moment.step,
            "epoch": moment.step / log.steps_per_epoch,
            "task": task,
            "layer": layer,
            "sharing": log.sharing[place],
            "gradient_norm": moment.norm[t, place],
            "signal_to_noise": moment.signal[t, place],
            "probe_loss": moment.loss[t],
        }
        for moment in log.moments
        for t, task in enumerate(log.tasks)
        for place, layer in enumerate(log.layers)
    ]


def _pair_rows(name: str, log: GradientLog) -> list[dict[str, Any]]:
    found = conflict(log)
    return [
        {
            "model": name,
            "task": task,
            "other": other,
            "cosine": found.cosine[i, k],
            "opposed": found.opposed[i, k],
        }
        for i, task in enumerate(log.tasks)
        for k, other in enumerate(log.tasks)
        if i < k
    ]

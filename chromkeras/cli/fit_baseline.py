"""Training of a baseline by ``train``: from its options to a model file and a report."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chromkeras.cli.outcome import Outcome
from chromkeras.cli.places import check_output_file
from chromkeras.errors import InputError

_log = logging.getLogger(__name__)


def fit_baseline(
    name: str,
    *,
    data: Path | None,
    tasks: str | None,
    out: Path,
    recipe: Path | None,
    settings: tuple[str, ...],
    mmap: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Train a baseline and return scores and the file written.

    Parameters
    ----------
    name
        Name of the baseline.
    data, tasks, out, mmap
        As for ``fit``.
    recipe
        TOML file with a table ``[baseline]``.
    settings
        Strings "baseline.key=value".
    dry_run
        Whether to say only how large it is.

    Raises
    ------
    InputError
        A file, the data set or a setting will not do.
    """
    from chromkeras.baselines.options import baseline_options
    from chromkeras.model_file.beside import check_model_path

    options = baseline_options(name, settings, file=recipe)
    check_model_path(out)
    if not dry_run:
        check_output_file(out, inputs=(data, recipe))
    from chromkeras.cli.open_data import open_data

    dataset = open_data(data, tasks, mmap=mmap)
    from chromkeras.baselines.train import check_dataset, train_baseline

    check_dataset(dataset, options)
    if further := sorted(set(dataset.inputs) - {"dna"}):
        _log.info("note: %s reads DNA alone, not %s", name, ", ".join(further))
    if dry_run:
        from chromkeras.baselines.size import baseline_size

        size = baseline_size(dataset, options)
        return Outcome(size, str(size))
    from chromkeras.backend.quiet import import_keras

    import_keras()
    result = train_baseline(dataset, options, out)
    problem = result.problem
    mean = result.scores[f"validation_{problem.score}_mean"]
    tried = ", ".join(f"{c:g} {score:.4f}" for c, score in result.tried.items())
    lines = [
        f"C = {result.strength:g}, by validation {problem.score_title} ({tried})",
        f"validation {problem.score_title} {mean:.4f}, mean over {len(dataset.tasks)} tasks",
        f"wrote {result.model}",
    ]
    return Outcome(result, "\n".join(lines))


def refuse_options_of_networks(name: str, given: Mapping[str, tuple[Any, Any]]) -> None:
    """Raise ``InputError`` for an option that says nothing to a baseline.

    Parameters
    ----------
    name
        Name of the baseline.
    given
        Value and default of each option, by the option's name.
    """
    for option, (value, default) in given.items():
        if value != default:
            raise InputError(
                f"{option}: expected a network, received the baseline {name}, which is fitted at "
                "once; its options are set by --set baseline.KEY=VALUE"
            )

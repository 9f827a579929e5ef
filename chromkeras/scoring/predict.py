"""What finished models say of sequences: rows of a data set, regions of a genome, or FASTA."""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import overload

import numpy as np

from chromkeras.cost.memory import LARGEST_BATCH
from chromkeras.data.dataset import Dataset
from chromkeras.data.hdf5 import load_dataset
from chromkeras.errors import InputError
from chromkeras.evaluation.predict import input_names, predict_logits
from chromkeras.evaluation.prior import AS_TRAINED
from chromkeras.evaluation.seen_rows import warn_of_seen_rows
from chromkeras.losses.registry import balances_classes
from chromkeras.model_file.open_model import OpenModel, open_model
from chromkeras.scoring.bed import BedSource
from chromkeras.scoring.contrasts import choose_targets
from chromkeras.scoring.fasta import FastaSource
from chromkeras.scoring.forward import Forward
from chromkeras.scoring.members import Members, Models, open_members
from chromkeras.scoring.request import AnyPath, check_request
from chromkeras.scoring.rows import RowSource
from chromkeras.scoring.run import Predicted, Run
from chromkeras.scoring.source import Block, Source, Tiling

_log = logging.getLogger(__name__)


@overload
def predict(
    model: Models,
    dataset: Dataset | AnyPath | None = None,
    *,
    fasta: AnyPath | None = None,
    bed: AnyPath | None = None,
    genome: AnyPath | None = None,
    out: None = None,
    split: str = "all",
    tasks: Sequence[str] = (),
    contrasts: Sequence[str] = (),
    both_strands: bool = True,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
    logits: bool = False,
    members: bool = False,
    stride: int = 0,
    part: str = "1/1",
    batch_size: int | None = None,
    fresh: bool = False,
) -> np.ndarray: ...


@overload
def predict(
    model: Models,
    dataset: Dataset | AnyPath | None = None,
    *,
    fasta: AnyPath | None = None,
    bed: AnyPath | None = None,
    genome: AnyPath | None = None,
    out: AnyPath,
    split: str = "all",
    tasks: Sequence[str] = (),
    contrasts: Sequence[str] = (),
    both_strands: bool = True,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
    logits: bool = False,
    members: bool = False,
    stride: int = 0,
    part: str = "1/1",
    batch_size: int | None = None,
    fresh: bool = False,
) -> Predicted: ...


def predict(
    model: Models,
    dataset: Dataset | AnyPath | None = None,
    *,
    fasta: AnyPath | None = None,
    bed: AnyPath | None = None,
    genome: AnyPath | None = None,
    out: AnyPath | None = None,
    split: str = "all",
    tasks: Sequence[str] = (),
    contrasts: Sequence[str] = (),
    both_strands: bool = True,
    calibrated: bool = True,
    prior: float | Mapping[str, float] | None = None,
    logits: bool = False,
    members: bool = False,
    stride: int = 0,
    part: str = "1/1",
    batch_size: int | None = None,
    fresh: bool = False,
) -> np.ndarray | Predicted:
    """Return or write what models predict for a data set, sequences, or regions of a genome.

    Sequences are given in one of three ways: ``dataset``, ``fasta``, or ``bed`` with ``genome``.
    Files are streamed: neither they nor the genome nor the scores are ever whole in memory, if
    there is an ``out``. A run that was interrupted goes on where whole chunks of some thousand rows
    ended when it is called again, to the same result bit for bit.

    Parameters
    ----------
    model
        An open model, its file, the folder of an ensemble, or the name of a shipped model; or
        several of them, replicates or folds of one recipe, which are used as an ensemble. The
        outputs of an ensemble are the mean of its members' outputs, logits where there are any.
    dataset
        Data set, or its file, with the inputs of the model; it may have other tasks.
    fasta
        FASTA file of sequences of any length, plain, gzip or bgzip.
    bed
        BED file of regions of any length, of 3 columns or more, gzip or not.
    genome
        FASTA file that the regions lie in, plain or bgzip; an index is made where there is none.
        What lies beyond the end of a chromosome is N.
    out
        File to write: .tsv or .tsv.gz, .h5, .h5ad (AnnData, made in memory), or .bw of regions, of
        which each column has one of its own; None returns an array.
    split
        Rows of the data set to predict: "train", "valid", "test" or "all".
    tasks
        Tasks to predict; all where neither they nor contrasts are named.
    contrasts
        Differences of outputs, such as "Intest-Neurons" or "Intest-rest": of logits, whatever
        ``logits`` says.
    both_strands
        Whether to average the outputs for a sequence and its reverse complement. Where not,
        regions of strand "-" are read from that strand.
    calibrated
        Whether probabilities of binary labels are for the share of positives in the training
        rows, where a loss that weights the classes alike learns them for a half; see
        ``find_prior``.
    prior
        Another share of positives, for all tasks or by task.
    logits
        Whether to give outputs as the loss has them, in the place of probabilities or values;
        they are calibrated likewise.
    members
        Whether to give each member's scores too.
    stride
        Bases between windows where a sequence is longer than the model reads; 0 takes one window,
        centred. What a shorter sequence lacks is filled with N on both sides.
    part
        Part K/N of the rows, for an array of jobs whose files ``chromkeras.join`` puts together.
    batch_size
        Sequences of a pass; None takes as many as keep its memory small, at most 256.
    fresh
        Whether to begin anew in any case, and not go on with a run that was interrupted.

    Returns
    -------
    np.ndarray or Predicted
        Without ``out`` float64, in the order of the rows (of windows, in the order of the file) and
        of tasks and contrasts: probabilities of label 1 (n, S), values (n, S) of a regression, or
        probabilities of classes (n, S, C); with ``members`` those of each, (M, n, ...). With
        ``out`` what was written: a row for each window, with its score for each task and contrast,
        and of an ensemble its standard deviation over the members.

    Raises
    ------
    InputError
        A file is no model or damaged, the models differ, an input is lacking, a region or a letter
        is none, a chromosome is unknown, there are no rows, or the prior is none.

    Examples
    --------
    >>> import chromkeras
    >>> dataset = chromkeras.datasets.worm()
    >>> probabilities = chromkeras.predict("worm_hard", dataset, split="test")
    >>> probabilities.shape
    (3519, 16)
    """
    wanted = check_request(dataset=dataset, fasta=fasta, bed=bed, genome=genome, out=out, part=part)
    data = (
        dataset
        if dataset is None or isinstance(dataset, Dataset)
        else load_dataset(dataset, mmap=True)
    )
    given = [model] if isinstance(model, str | os.PathLike | OpenModel) else [*model]
    opened = [each if isinstance(each, OpenModel) else open_model(each) for each in given]
    found = open_members(opened, data, calibrated=calibrated, prior=prior)
    targets = choose_targets(tasks, contrasts, found.tasks)
    if data is not None:
        source = _rows(found, data, split, stride, as_codes=out is not None)
    else:
        source = _windows(found, fasta, bed, genome, stride, both_strands=both_strands)
    for note in source.notes:
        _log.info("%s", note)
    if data is not None:
        for each in opened:
            warn_of_seen_rows(each.card, str(each.path), data, split)
    _warn_of_calibration(found, calibrated=calibrated)
    strands = both_strands and source.two_strands
    outputs, size = _outputs(found, source, batch_size, both_strands=strands)
    run = Run(
        found,
        source,
        targets,
        "logit" if logits else "probability",
        outputs,
        size,
        members,
        {"both strands": strands, "stride": stride},
    )
    if out is not None:
        return run.write(Path(out), wanted, fresh=fresh)
    scores = run.array(wanted)
    if found.classes:
        scores = scores.reshape(*scores.shape[:-1], -1, len(found.classes))
    return scores


def _rows(members: Members, data: Dataset, split: str, stride: int, *, as_codes: bool) -> Source:
    if stride:
        raise InputError("`stride`: expected none with a data set, whose rows have one length")
    names = input_names(members.models[0].network, data)
    return RowSource(data, split, names, as_codes=as_codes)


def _windows(
    members: Members,
    fasta: AnyPath | None,
    bed: AnyPath | None,
    genome: AnyPath | None,
    stride: int,
    *,
    both_strands: bool,
) -> Source:
    tiling = Tiling(members.length, stride)
    if bed is not None and genome is not None:
        return BedSource(bed, genome, tiling, by_strand=not both_strands)
    if fasta is None:
        raise InputError("expected `fasta`, or `bed` with `genome`")
    return FastaSource(fasta, tiling)


def _outputs(
    members: Members, source: Source, batch_size: int | None, *, both_strands: bool
) -> tuple[Callable[[Block], np.ndarray], int]:
    """Return what gives the outputs of a block, and the sequences of a pass."""
    networks = [model.network for model in members.models]
    if isinstance(source, RowSource) and source.codes is None:
        data = source.dataset

        def of_rows(block: Block) -> np.ndarray:
            logits = partial(predict_logits, batch_size=batch_size, both_strands=both_strands)
            return np.stack([logits(network, data, block.data) for network in networks])

        return of_rows, batch_size or LARGEST_BATCH
    forward = Forward(networks, members.length, both_strands=both_strands, batch_size=batch_size)
    return lambda block: forward(block.data), forward.batch_size


def _warn_of_calibration(members: Members, *, calibrated: bool) -> None:
    for model, prior in zip(members.models, members.priors, strict=True):
        unmoved = prior.rule == AS_TRAINED and balances_classes(model.loss)
        if calibrated and members.problem.logits and unmoved:
            _log.warning(
                "%s does not say the share of positives in its training rows, so probabilities "
                "are as trained, for a half; a prior gives them for another share",
                model.path,
            )

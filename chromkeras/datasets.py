"""Data sets that come with the package."""

from chromkeras.data.dataset import Dataset


def worm() -> Dataset:
    """Return the shipped rows of worm ATAC-seq, which none of the shipped models was trained on.

    Returns
    -------
    Dataset
        6,948 rows of 600 bases on chrX, 3,429 in the split "valid" and 3,519 in "test", with binary
        labels of 16 tasks, tissues, stages and ages of *C. elegans*. There are none to train on.

    Raises
    ------
    InputError
        The file is missing or is another than was shipped.

    Examples
    --------
    >>> import chromkeras
    >>> dataset = chromkeras.datasets.worm()
    >>> len(dataset), dataset.dna.length
    (6948, 600)
    >>> dataset.tasks[:2]
    ('Germline', 'Neurons')
    """
    from chromkeras.data.hdf5 import load_dataset
    from chromkeras.model_file.shipped import shipped_file

    return load_dataset(shipped_file("worm.h5"))


def demo(seed: int = 0) -> Dataset:
    """Return the demo: simulated sequences with planted JASPAR motifs, made once and then kept.

    Parameters
    ----------
    seed
        Seed of the simulation.

    Returns
    -------
    Dataset
        5,000 rows of 600 bases, binary labels of 4 tasks, with the places of the motifs.
    """
    from chromkeras.importers.simulate import demo_dataset

    return demo_dataset(seed=seed)

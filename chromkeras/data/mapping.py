"""Arrays of an HDF5 file, read into memory or mapped from where they lie in it."""

import logging
from pathlib import Path

import h5py
import numpy as np

LOG = logging.getLogger(__name__)


def read_array(data: h5py.Dataset, mmap: bool = False) -> np.ndarray:
    """Return an array of an HDF5 file.

    Parameters
    ----------
    data
        The HDF5 data set.
    mmap
        Map it, read-only, where it lies in the file in one piece; else read it, and say so.

    Raises
    ------
    OSError
        The file ends before the array does.
    """
    if not mmap or data.size == 0:
        return _read(data)
    why = _in_the_way(data)
    if why:
        LOG.warning("%s, %s is %s: read into memory, not mapped", data.file.filename,
                    data.name.lstrip("/"), why)  # fmt: skip
        return _read(data)
    end = data.id.get_offset() + data.size * data.dtype.itemsize
    if end > Path(data.file.filename).stat().st_size:
        raise OSError(f"{data.name.lstrip('/')} goes on beyond the end of the file")
    # A plain view: ``memmap`` itself costs time at every indexing.
    return np.asarray(
        np.memmap(data.file.filename, data.dtype, "r", data.id.get_offset(), data.shape)
    )


def _read(data: h5py.Dataset) -> np.ndarray:
    return np.asarray(data[()])


def _in_the_way(data: h5py.Dataset) -> str:
    """Return why an array cannot be mapped; empty where it can."""
    if data.chunks is not None:
        return "compressed" if data.compression else "in pieces"
    if data.dtype.kind not in "biuf":
        return "of no number type"
    if data.file.userblock_size or data.id.get_offset() is None:
        return "not in one piece in this file"
    if data.id.get_offset() % data.dtype.alignment:
        return f"not aligned to {data.dtype.alignment} bytes"
    return ""

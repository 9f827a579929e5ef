import numpy as np
import pytest

from chrominterpret.motifs.alignment import align_motifs
from chrominterpret.motifs.pwm import Motif, reverse_complement


def motif(letters, name="m"):
    ppm = np.full((len(letters), 4), 0.02)
    ppm[np.arange(len(letters)), ["ACGT".index(c) for c in letters]] = 0.94
    return Motif(name, ppm)


@pytest.mark.parametrize(
    ("first", "second", "offset"),
    [
        ("GATTACA", "GATTACA", 0),
        ("GATTACA", "CCGATTACA", 2),
        ("TTGATTACA", "GATTACA", -2),
    ],
)
def test_offset_by_hand(first, second, offset):
    found = align_motifs(motif(first), motif(second))
    assert found.offset == offset
    np.testing.assert_array_equal(found.second.ppm, motif(second).ppm)


def test_the_other_strand_is_turned():
    second = reverse_complement(motif("CCGATTACA"))
    found = align_motifs(motif("GATTACA"), second)
    assert found.offset == 2
    np.testing.assert_allclose(found.second.ppm, motif("CCGATTACA").ppm)

import keras
import numpy as np
import pytest

from chrominterpret.filters.correlation import best_correlations, filter_correlations

pytestmark = pytest.mark.backend
ALL = [(slice(0, 6), slice(0, 6))]


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def test_it_is_pearson_s_correlation_at_the_best_shift_and_strand():
    batches = [tuple(normal(b, 20, 3, seed=10 * i + b) for i in range(3)) for b in (4, 2)]
    found = best_correlations(batches, [(slice(0, 2), slice(1, 3))], shift=3)[0]
    one, *strands = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    for f in range(2):
        for g in range(2):
            values = {
                (strand, s): np.corrcoef(
                    one[:, 3:17, f].ravel(), side[:, 3 + s : 17 + s, g + 1].ravel()
                )[0, 1]
                for strand, side in zip((1, -1), strands, strict=True)
                for s in range(-3, 4)
            }
            best = max(values, key=lambda place: values[place])
            np.testing.assert_allclose(found.value[f, g], values[best], atol=1e-5)
            assert (found.strand[f, g], found.shift[f, g]) == best


def test_a_filter_correlates_with_itself_and_a_dead_one_with_none():
    a = np.abs(normal(5, 30, 3)) + 100
    a[..., 2] = 0.7
    found = best_correlations([(a, a, a)], [(slice(0, 3), slice(0, 3))], shift=2)[0]
    np.testing.assert_allclose(np.diag(found.value)[:2], 1, atol=1e-4)
    assert np.isnan(found.value[2]).all()
    assert np.isnan(found.value[:, 2]).all()
    assert (found.shift[0, 0], found.strand[0, 0]) == (0, 1)


def scanner(width: int, kernel: np.ndarray) -> keras.Model:
    """A convolution of 6 filters with batch normalisation and ReLU, as first layers have."""
    model = keras.Sequential(
        [
            keras.Input((60, 4)),
            keras.layers.Conv1D(6, width, use_bias=False, name="conv"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.GlobalMaxPooling1D(),
        ]
    )
    model.get_layer("conv").kernel.assign(kernel)
    return model


def test_shifted_and_turned_filters_are_found():
    kernel = normal(19, 4, 6)
    wide = np.zeros((25, 4, 6), np.float32)
    wide[5:24] = kernel  # centred would be 3: its centre is 2 bases after the window's
    wide[..., 1] = 0.0
    wide[3:22, :, 1] = kernel[::-1, ::-1, 1]
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(0).integers(0, 4, (12, 60))]
    found = filter_correlations(
        scanner(19, kernel), scanner(25, wide), x, ALL, shift=4, batch_size=7
    )[0]
    np.testing.assert_allclose(np.diag(found.value), 1, atol=1e-4)
    assert np.diag(found.shift).tolist() == [-2, 0, -2, -2, -2, -2]
    assert np.diag(found.strand).tolist() == [1, -1, 1, 1, 1, 1]


def test_too_few_positions_are_refused():
    a = normal(2, 6, 1)
    with pytest.raises(ValueError, match="more than 6 positions for shifts of 3, received 6"):
        best_correlations([(a, a, a)], [(slice(0, 1), slice(0, 1))], shift=3)
    with pytest.raises(ValueError, match="at least one batch"):
        best_correlations([], [(slice(0, 1), slice(0, 1))])

import gzip
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chromkeras.importers.merge import Regions, merge_peaks
from chromkeras.importers.peaks import Peaks, find_peak_files, read_peaks


def make(name: str, *places: tuple[str, int, int]) -> Peaks:
    chrom, center, strand = zip(*places, strict=True) if places else ((), (), ())
    middle = np.array(center, np.int64)
    return Peaks(
        name, np.array(chrom, dtype=str), middle, middle + 1, middle, np.array(strand, np.int8)
    )


def midpoints(*groups: Iterable[int]) -> list[Peaks]:
    return [make(str(i), *(("a", m, 1) for m in group)) for i, group in enumerate(groups)]


def as_set(regions: Regions) -> set[tuple[str, int, int, tuple[int, ...]]]:
    rows = zip(regions.chrom, regions.start, regions.strand, regions.activity, strict=True)
    found = [(str(c), int(s), int(d), tuple(np.flatnonzero(a).tolist())) for c, s, d, a in rows]
    assert len(set(found)) == len(found)
    return set(found)


def test_published_example() -> None:
    regions = merge_peaks(midpoints([1000], [1300], [1600]), {"a": 9000})
    assert as_set(regions) == {("a", 850, 1, (0, 1)), ("a", 1300, 1, (2,))}


@pytest.mark.parametrize(("second", "count"), [(1400, 2), (1399, 1)])
def test_an_overlap_of_exactly_200_stays_apart(second: int, count: int) -> None:
    assert len(merge_peaks(midpoints([1000], [second]), {"a": 9000})) == count


def test_weights_of_the_poster_count_cell_types_only() -> None:
    peaks = midpoints([1000], [1000], [1200])
    basset = merge_peaks(peaks, {"a": 9000})
    poster = merge_peaks(peaks, {"a": 9000}, weights="tasks")
    assert basset.start.tolist() == [int(0.5 + (1000 * 3 + 1200 * 2) / 5) - 300]
    assert poster.start.tolist() == [int(0.5 + (1000 * 2 + 1200) / 3) - 300]


def test_windows_are_moved_into_the_chromosome() -> None:
    regions = merge_peaks(midpoints([0], [1999]), {"a": 2000})
    assert regions.start.tolist() == [0, 1400]


def test_strands_are_kept_apart() -> None:
    regions = merge_peaks([make("x", ("a", 1000, -1), ("a", 1000, 1))], {"a": 9000})
    assert regions.strand.tolist() == [1, -1]


@pytest.mark.parametrize(("options", "message"), [
    ({"weights": "baset"}, "unknown weights 'baset'; did you mean basset"),
    ({"length": 0}, "expected a positive length, received 0"),
    ({"overlap": 600}, "expected a merge distance from 0 to 599, received 600"),
    ({"overlap": -1}, "received -1"),
    ({"length": 10_000, "overlap": 1}, "chromosome a has 9000 bases, fewer than 10000"),
])  # fmt: skip
def test_numbers_out_of_range_fail(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        merge_peaks(midpoints([1000]), {"a": 9000}, **options)
    with pytest.raises(ValueError, match="expected at least one peak"):
        merge_peaks([make("x")], {"a": 9000})


def basset_reference(
    peaks: list[Peaks], lengths: dict[str, int], length: int, overlap: int, extra: int
) -> set[tuple[str, int, int, tuple[int, ...]]]:
    """Basset's loops, written plainly: sort, sweep, merge the best pair again and again."""
    out = set()
    places = [(p.chrom, p.strand, p.center) for p in peaks]
    keys = {(c, s) for chrom, strand, _ in places for c, s in zip(chrom, strand, strict=True)}
    for chrom, strand in keys:

        def window(middle: int, chrom: str = chrom) -> int:
            start = max(0, middle - length // 2)
            return min(start, lengths[chrom] - length)

        todo = sorted(
            (int(m), t)
            for t, p in enumerate(peaks)
            for c, s, m in zip(p.chrom, p.strand, p.center, strict=True)
            if (c, s) == (chrom, strand)
        )
        clusters: list[list[tuple[int, set[int]]]] = []
        end = None
        for middle, task in todo:
            start = window(middle)
            if end is None or end - overlap <= start:
                clusters.append([])
                end = start + length
            clusters[-1].append((start, {task}))
            end = max(end, start + length)
        for rows in clusters:
            while len(rows) > 1:
                shared = [rows[i][0] + length - rows[i + 1][0] for i in range(len(rows) - 1)]
                best = int(np.argmax(shared))
                if shared[best] < overlap:
                    break
                (one, ones), (two, twos) = rows[best : best + 2]
                middles = [one + length // 2, two + length // 2]
                weights = [extra + len(ones), extra + len(twos)]
                middle = int(0.5 + np.average(middles, weights=weights))
                rows[best : best + 2] = [(window(middle), ones | twos)]
            out |= {(str(chrom), s, int(strand), tuple(sorted(a))) for s, a in rows}
    return out


crowded = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 399), st.sampled_from([1, 1, 1, -1])),
    max_size=25,
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(crowded, min_size=1, max_size=10),
    st.sampled_from([(60, 20), (60, 0), (61, 60), (7, 3)]),
    st.sampled_from(["basset", "tasks"]),
)
def test_equal_to_the_plain_loops(
    places: list[list[tuple[str, int, int]]], sizes: tuple[int, int], weights: str
) -> None:
    peaks = [make(str(i), *one) for i, one in enumerate(places)]
    if not any(places):
        return
    lengths = {"a": 400, "b": 450}
    length, overlap = sizes
    regions = merge_peaks(peaks, lengths, length=length, overlap=overlap, weights=weights)  # type: ignore[arg-type]
    extra = 1 if weights == "basset" else 0
    expected = basset_reference(peaks, lengths, length, overlap, extra)
    assert as_set(regions) == expected
    assert (regions.start >= 0).all()
    assert regions.activity.any(axis=1).all()


def expected_rows(text: str) -> list[tuple[str, int, int, tuple[int, ...]]]:
    rows = []
    for line in text.splitlines():
        chrom, start, end, _, _, strand, tasks = line.split("\t")
        assert int(end) - int(start) == 600
        sign = -1 if strand == "-" else 1
        rows.append((chrom, int(start), sign, tuple(sorted(map(int, tasks.split(","))))))
    return rows


def test_equal_to_the_original_program(real_data: Callable[[str], Path]) -> None:
    lines = real_data("merge/chrom.len").read_text().splitlines()
    lengths = {name: int(bases) for name, bases in (line.split() for line in lines)}
    files = find_peak_files([real_data("merge/peaks")])
    regions = merge_peaks([read_peaks(f, n, lengths) for n, f in files.items()], lengths)
    expected = expected_rows(real_data("merge/expected.bed").read_text())
    assert len(regions) == len(expected)
    assert as_set(regions) == set(expected)
    header, *table = real_data("merge/expected_activity.tsv").read_text().splitlines()
    assert header.split() == list(files)
    ours = {
        f"{c}:{s}-{s + 600}({'+' if d > 0 else '-'})": "\t".join(map(str, a))
        for c, s, d, a in zip(
            regions.chrom, regions.start, regions.strand, regions.activity, strict=True
        )
    }
    assert ours == dict(line.split("\t", 1) for line in table)


def test_equal_to_the_original_program_on_the_worm(real_data: Callable[[str], Path]) -> None:
    files = find_peak_files([real_data("worm/peaks")])
    files.pop("all_elements")
    lengths = {"chrIII": 13_783_700, "chrX": 17_718_849}
    regions = merge_peaks([read_peaks(f, n, lengths) for n, f in files.items()], lengths)
    expected = expected_rows(
        gzip.decompress(real_data("worm/basset_merge.bed.gz").read_bytes()).decode()
    )
    assert len(regions) == len(expected) == 8878
    assert as_set(regions) == set(expected)

"""Which rows train, validate and test: by region, or drawn with what belongs together."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from chromkeras.data.groups import joined, overlap_groups
from chromkeras.data.homology import SIMILARITY, K, check_similarity
from chromkeras.data.split_names import SPLITS
from chromkeras.errors import InputError
from chromkeras.names import unknown

SplitBy = Literal["chance", "chromosomes", "homology"]
WAYS: tuple[SplitBy, ...] = get_args(SplitBy)
# What stands in the place of a split for rows to leave out.
DROPPED, RELATED, LISTED = "", "kin", "listed"
_NUMBER = r"\d{1,3}(?:,\d{3})+|\d+"
_REGION = re.compile(rf"\s*(?P<chrom>[^,:\s]+)(?::(?P<start>{_NUMBER})-(?P<end>{_NUMBER}))?\s*")


@dataclass(frozen=True)
class Region:
    """A stretch of a chromosome, 0-based and half-open; ``end`` None is the chromosome's end."""

    chrom: str
    start: int = 0
    end: int | None = None

    def __str__(self) -> str:
        return self.chrom if self.end is None else f"{self.chrom}:{self.start}-{self.end}"


def parse_regions(texts: Iterable[str]) -> tuple[Region, ...]:
    """Return the regions of texts such as ``chrX:0-3,000,000`` or ``chrI,chrII:0-500``.

    Raises
    ------
    InputError
        A text is no region, or a region ends before it starts.
    """
    return tuple(region for text in texts for region in _regions(text))


def _regions(text: str) -> Iterable[Region]:
    place = 0
    while True:
        match = _REGION.match(text, place)
        if match is None or text[match.end() : match.end() + 1] not in ("", ","):
            raise InputError(
                f"expected a region such as chrX or chrX:0-3000000 (0-based, end not included), "
                f"received {text!r}"
            )
        yield _region(match, text)
        if match.end() == len(text):
            return
        place = match.end() + 1


def _region(match: re.Match[str], text: str) -> Region:
    if match["start"] is None:
        return Region(match["chrom"])
    start, end = (int(match[part].replace(",", "")) for part in ("start", "end"))
    if end <= start:
        raise InputError(f"region {text!r} ends at {end}, not after its start {start}")
    return Region(match["chrom"], start, end)


@dataclass(frozen=True)
class SplitPlan:
    """Rule by which rows are split; each of valid and test is a list of regions or a fraction.

    Attributes
    ----------
    valid, test
        Regions; empty when the split is drawn by chance.
    valid_fraction, test_fraction
        Share of all rows to draw, used where no region is given.
    seed
        Seed of the draw.
    by
        What is drawn: rows that overlap together ("chance"), whole chromosomes ("chromosomes"), or
        families of relatives ("homology").
    similarity
        Share of k-mers from which on rows are relatives, for "homology".
    """

    valid: tuple[Region, ...] = ()
    test: tuple[Region, ...] = ()
    valid_fraction: float = 0.1
    test_fraction: float = 0.1
    seed: int = 0
    by: SplitBy = "chance"
    similarity: float = SIMILARITY

    def __post_init__(self) -> None:
        if self.by not in WAYS:
            raise unknown("`split_by`", self.by, WAYS)
        check_similarity(self.similarity)
        drawn = self.drawn
        for split, share in drawn.items():
            if not 0 < share < 1:
                raise InputError(f"expected a {split} fraction between 0 and 1, received {share}")
        if sum(drawn.values()) >= 1:
            raise InputError(
                f"valid and test fractions sum to {sum(drawn.values()):g}; "
                "they must leave rows for training"
            )
        _check_apart([(r, "valid") for r in self.valid] + [(r, "test") for r in self.test])

    @property
    def drawn(self) -> dict[str, float]:
        """Fraction of each split that is drawn by chance."""
        splits = {
            "valid": (self.valid, self.valid_fraction),
            "test": (self.test, self.test_fraction),
        }
        return {split: share for split, (regions, share) in splits.items() if not regions}

    @property
    def by_region(self) -> bool:
        """Whether a split is given by regions, so that rows need places."""
        return bool(self.valid or self.test)

    @property
    def described(self) -> str:
        """How the split is made, in a line."""
        return "; ".join(self.descriptions(self.drawn))

    def descriptions(self, drawn: Mapping[str, float], what: str = "") -> list[str]:
        """Return how the split is made, in parts.

        Parameters
        ----------
        drawn
            Share that is drawn, by split.
        what
            What is drawn where it is not rows, such as " of the genes".
        """
        regions = {"valid": self.valid, "test": self.test}
        parts = [f"{split} {', '.join(map(str, r))}" for split, r in regions.items() if r]
        if drawn:
            shares = " and ".join(f"{split} {share:g}" for split, share in drawn.items())
            parts.append(f"{shares}{what} drawn by {self.by}, seed {self.seed}")
        if self.by == "homology":
            parts.append(f"relatives share {self.similarity:g} of their {K}-mers")
        return parts


def make_split_plan(
    *,
    valid: str | Sequence[str] = (),
    test: str | Sequence[str] = (),
    valid_fraction: float | None = None,
    test_fraction: float | None = None,
    seed: int | None = None,
    split_by: SplitBy | None = None,
    similarity: float | None = None,
) -> SplitPlan:
    """Return the plan of a split.

    Parameters
    ----------
    valid, test
        Regions as `parse_regions` reads them.
    valid_fraction, test_fraction
        Share to draw where no region is given; None for 0.1.
    seed
        Seed of the draw; None for 0.
    split_by
        What is drawn, of ``WAYS``; None for "chance".
    similarity
        For "homology": share of k-mers from which on rows are relatives; None for 0.1.

    Raises
    ------
    InputError
        A text is no region, both regions and a fraction are given, splits overlap, or options do
        not go together.
    """
    if similarity is not None and split_by != "homology":
        raise InputError("`similarity` is for `split_by` homology")
    if split_by == "chromosomes" and valid and test:
        raise InputError(
            "`split_by` chromosomes chooses chromosomes for what no region is given for; received "
            "regions for both splits"
        )
    given = {"valid": (valid, valid_fraction), "test": (test, test_fraction)}
    for split, (regions, share) in given.items():
        if regions and share is not None:
            raise InputError(f"expected `{split}` or `{split}_fraction`, received both")
    texts = {split: [x] if isinstance(x, str) else x for split, (x, _) in given.items()}
    shares = {"valid_fraction": valid_fraction, "test_fraction": test_fraction}
    return SplitPlan(
        valid=parse_regions(texts["valid"]),
        test=parse_regions(texts["test"]),
        **{name: share for name, share in shares.items() if share is not None},
        seed=seed or 0,
        by=split_by or "chance",
        similarity=SIMILARITY if similarity is None else similarity,
    )


def asked_split_plan(**asked: Any) -> SplitPlan | None:
    """Return the plan of a split as ``make_split_plan`` does; None where nothing is asked for."""
    if all(value is None or value in ((), [], "") for value in asked.values()):
        return None
    return make_split_plan(**asked)


def _check_apart(regions: list[tuple[Region, str]]) -> None:
    for i, (one, split) in enumerate(regions):
        for other, other_split in regions[:i]:
            one_end, other_end = one.end or np.inf, other.end or np.inf
            if (
                one.chrom == other.chrom
                and one.start < other_end
                and other.start < one_end
                and split != other_split
            ):
                raise InputError(f"{other_split} region {other} and {split} region {one} overlap")


def assign(
    plan: SplitPlan,
    *,
    rows: int,
    length: int,
    chrom: np.ndarray | None = None,
    start: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    listed: np.ndarray | None = None,
) -> np.ndarray:
    """Return the split of every row.

    Parameters
    ----------
    plan
        The split.
    rows
        Number of rows, N.
    length
        Bases of each row.
    chrom, start
        Shape (N,), str, and (N,), int64, 0-based: places. Needed for regions. Rows that
        overlap are drawn together.
    groups
        Shape (N,), int64: rows of one number are drawn together. In a plan by homology they are
        relatives, and training rows of which a relative is held out by region are left out.
    listed
        Shape (N,), bool: rows to leave out from the start, as a list says so.

    Returns
    -------
    np.ndarray
        Shape (N,), str: "train", "valid", "test", or why a row is left out: "" across a region's
        boundary, "kin" for a relative of what a region holds out, "listed".

    Raises
    ------
    InputError
        Regions are asked for and the rows have no places.
    """
    split = np.full(rows, "train", dtype="U6")
    links = [] if groups is None else [groups]
    if chrom is not None and start is not None:
        mark_regions(split, plan, chrom, start, start + length)
        links.append(overlap_groups(chrom, start, length))
    elif plan.by_region:
        raise InputError(
            "a split by region needs chrom and start of every row; use fractions instead"
        )
    if listed is not None:
        split[listed] = LISTED
    together = joined(links, rows)
    if plan.by == "homology":
        held = np.isin(split, ("valid", "test"))
        split[(split == "train") & np.isin(together, together[held])] = RELATED
    if plan.drawn:
        draw(split, plan.drawn, plan.seed, together)
    return split


def mark_regions(
    split: np.ndarray, plan: SplitPlan, chrom: np.ndarray, start: np.ndarray, end: np.ndarray
) -> None:
    """Write the split of rows in the plan's regions to ``split``; "" across an edge.

    Parameters
    ----------
    split
        Shape (N,), str, changed in place.
    plan
        The split.
    chrom, start, end
        Shape (N,), str, and (N,), int64, 0-based, half-open.
    """
    for name, regions in (("valid", plan.valid), ("test", plan.test)):
        for first, last, where in _joined(regions):
            touches = (chrom == where) & (start < last) & (end > first)
            inside = (start >= first) & (end <= last)
            split[touches & inside] = name
            split[touches & ~inside] = DROPPED


def _joined(regions: tuple[Region, ...]) -> list[tuple[int, float, str]]:
    """Return (start, end, chrom) with touching regions joined: no boundary lies between them."""
    out: list[tuple[int, float, str]] = []
    for region in sorted(regions, key=lambda r: (r.chrom, r.start)):
        end = np.inf if region.end is None else region.end
        if out and out[-1][2] == region.chrom and region.start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end), region.chrom)
        else:
            out.append((region.start, end, region.chrom))
    return out


def draw(
    split: np.ndarray,
    shares: Mapping[str, float],
    seed: int,
    groups: np.ndarray,
    may: np.ndarray | None = None,
) -> None:
    """Fill splits with whole groups in random order, up to their shares.

    Parameters
    ----------
    split
        Shape (N,), str, changed in place; rows that are "train" may be drawn.
    shares
        Share of the rows that are not left out, by split.
    seed
        Seed of the order.
    groups
        Shape (N,), whole numbers: rows of one number are drawn together.
    may
        Shape (N,), bool: rows that may be drawn; None for all.
    """
    free = np.flatnonzero((split == "train") & (True if may is None else may))
    _, group, sizes = np.unique(groups[free], return_inverse=True, return_counts=True)
    kept = np.count_nonzero(np.isin(split, SPLITS))
    room = {name: round(share * kept) for name, share in shares.items()}
    choice = np.full(len(sizes), "train", dtype="U5")
    for g in np.random.default_rng(seed).permutation(len(sizes)):
        name = next((name for name, left in room.items() if sizes[g] <= left), None)
        if name is not None:
            choice[g] = name
            room[name] -= sizes[g]
        if not any(room.values()):
            break
    split[free] = choice[group]

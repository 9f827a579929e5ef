"""What becomes of the chunks: figures, p and q of the scored alleles, and the rejected ones."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chromkeras.files import replacing
from chromkeras.names import printable
from chromkeras.scoring.chunks import Chunks
from chromkeras.scoring.layout import Layout
from chromkeras.scoring.parts import Part
from chromkeras.scoring.q_values import q_values
from chromkeras.variant_effects.effects import EffectScale
from chromkeras.variant_effects.null import Null
from chromkeras.variant_effects.windows import context_name

REGIONS = ("background", "active")
# p that are held at a time for the false discovery rate: 256 MB.
_HELD = 1 << 25


@dataclass(eq=False)
class Finish:
    """Makes the files of a run whose chunks are all there.

    Attributes
    ----------
    chunks
        What was kept of each alternate allele.
    scale
        What the numbers are.
    null
        Random substitutions to compare with; None for no comparison.
    vcf
        The file of the variants.
    lengths
        Bases of each chromosome.
    part
        Which part of the records it is; q is made of whole runs alone.
    """

    chunks: Chunks
    scale: EffectScale
    null: Null | None
    vcf: Path
    lengths: Mapping[str, int]
    part: Part
    _counts: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def facts(self) -> dict[str, Any]:
        """What was done, as plain values."""
        rows = self.chunks.rows
        return {**self.chunks.facts, "rows": [rows.start, rows.stop]}

    @cached_property
    def layout(self) -> Layout:
        """Columns of the result."""
        columns = dict.fromkeys(("chrom", "pos", "id", "ref", "alt"), "text") | {"pos": "integer"}
        if self.null is not None:
            columns |= {"region": "text", "trinucleotide": "text"}
        matrices = {
            name: tuple(f"{heading} {name}" for heading in self.scale.headings)
            for name in self.figures
        }
        return Layout(columns, matrices, self.scale.headings)  # type: ignore[arg-type]

    @cached_property
    def figures(self) -> tuple[str, ...]:
        """Names of what is written for each target."""
        names = ["score", *self._values]
        if self.scale.has_probabilities:
            names += ["ref_probability", "alt_probability", "probability_difference"]
        kept = self.chunks.layout.matrices
        names += [name for name in kept if name.startswith(("spread", "score_"))]
        return (*names, *(("percentile", "p", "q") if self.null is not None else ()))

    @property
    def _values(self) -> tuple[str, str]:
        """Names of the values with either allele."""
        what = "log_odds" if self.scale.has_probabilities else "prediction"
        return f"ref_{what}", f"alt_{what}"

    @cached_property
    def scored(self) -> int:
        """Number of alternate alleles with a score."""
        return sum(int((arrays["reason"] == b"").sum()) for arrays in self.chunks.read())

    def reasons(self) -> dict[str, int]:
        """Return how many alleles were rejected, by reason, the most frequent first."""
        counts: Counter[str] = Counter()
        for arrays in self.chunks.read():
            said = (text.decode() for text in arrays["reason"].tolist())
            counts.update(text.partition(", which has")[0] for text in said if text)
        return dict(counts.most_common())

    def pieces(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the scored alleles as ``layout`` has them, some at a time."""
        start = 0
        for arrays in self.chunks.read():
            kept = _scored(arrays)
            piece = self._finished(kept)
            if self.null is not None:
                piece["q"] = self._q(start, len(kept["pos"]))
            start += len(kept["pos"])
            yield self.layout.arrays(piece)

    def _finished(self, kept: Mapping[str, np.ndarray]) -> dict[str, Any]:
        piece: dict[str, Any] = dict(kept)
        piece |= zip(self._values, (kept["at_ref"], kept["at_alt"]), strict=True)
        if self.scale.has_probabilities:
            ref, alt = (self.scale.probabilities(kept[name]) for name in ("at_ref", "at_alt"))
            piece |= {
                "ref_probability": ref, "alt_probability": alt, "probability_difference": alt - ref
            }  # fmt: skip
        if (null := self.null) is not None:
            piece["region"] = [REGIONS[i] for i in kept["active"].tolist()]
            piece["trinucleotide"] = [
                context_name(c) if c >= 0 else "" for c in kept["context"].tolist()
            ]
            piece["percentile"], piece["p"] = _compared(null, kept)
        return piece

    def _q(self, start: int, count: int) -> np.ndarray:
        """Return q of some alleles; NaN of a part, whose p are not all."""
        if self.part.count > 1:
            return np.full((count, len(self.scale.headings)), np.nan)
        return self._all_q[start : start + count]

    @cached_property
    def _all_q(self) -> np.ndarray:
        """Return q of all alleles, (n, K), float32, made a few targets at a time."""
        width = len(self.scale.headings)
        together = max(1, min(width, _HELD // max(self.scored, 1)))
        q = np.full((self.scored, width), np.nan, np.float32)
        if self.null is None:
            return q
        for first in range(0, width, together):
            columns = slice(first, first + together)
            p = np.concatenate(
                [
                    _compared(self.null, _scored(arrays))[1][:, columns]
                    for arrays in self.chunks.read()
                ]
            )
            q[:, columns] = q_values(p)
        return q

    def write_rejected(self) -> Path:
        """Write the alleles that could not be scored, and return the file."""
        path = rejected_path(self.chunks.out)
        with replacing(path) as beside, beside.open("w", encoding="utf-8") as file:
            file.write("line\tchrom\tpos\tid\tref\talt\treason\n")
            for arrays in self.chunks.read():
                for row in np.flatnonzero(arrays["reason"] != b"").tolist():
                    file.write("\t".join(self._rejected(arrays, row)) + "\n")
        return path

    def _rejected(self, arrays: Mapping[str, np.ndarray], row: int) -> list[str]:
        texts = ("chrom", "id", "ref", "alt", "reason")
        chrom, name, ref, alt, why = (
            printable(arrays[key][row].decode("utf-8", "replace"), longest=200) for key in texts
        )
        return [str(arrays["line"][row]), chrom, str(arrays["pos"][row]), name, ref, alt, why]


def rejected_path(out: Path) -> Path:
    """Return where the alleles that could not be scored stand."""
    return out.with_name(f"{out.name}.rejected.tsv")


def _scored(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the alleles that have scores."""
    rows = arrays["reason"] == b""
    return {name: values[rows] for name, values in arrays.items()}


def _compared(null: Null, kept: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return percentile and p among the random substitutions."""
    return null.compare(kept["context"], kept["active"] > 0, kept["score"])

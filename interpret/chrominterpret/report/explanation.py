"""What `explain` computes and writes, part by part."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from chrominterpret.engine.graph import of_fixed_shapes
from chrominterpret.errors import InputError
from chrominterpret.files import replacing
from chrominterpret.filters.first_layer import find_first_layer
from chrominterpret.filters.rules import RULES, Rule
from chrominterpret.json_file import plain, write_json
from chrominterpret.methods.base.agreement import check_agreement
from chrominterpret.methods.base.explained import ExplainedModel
from chrominterpret.methods.base.method import MANY
from chrominterpret.methods.registry import applicable, find_method
from chrominterpret.motifs.pwm import Motif
from chrominterpret.names import check_unique, unknown
from chrominterpret.page.render import write_page
from chrominterpret.progress import progress
from chrominterpret.report.attributed import Attributed, attribute_each
from chrominterpret.report.choose import INFLUENCE_ROWS, in_turns, particular, spread_out
from chrominterpret.report.filter_reading import FilterReading, read_filters, write_filters
from chrominterpret.report.pattern_reading import (
    METHOD,
    PatternReading,
    TaskPatterns,
    match_patterns,
    search_patterns,
    write_patterns,
)
from chrominterpret.report.places import Places, place_names
from chrominterpret.report.summary_sections import (
    dna_sections,
    made_section,
    summary_section,
    versions,
)

DEFAULT_METHODS = ("deep_lift_shap", "gradient_x_input")
SUMMARY, PAGE = "summary.json", "report.html"
LEAD = (
    "The sequences of each target on which the method finds most, out of those attributed: these "
    "have the largest predictions of a target in comparison with the other targets."
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How to explain; see `chrominterpret.report.explain.explain`.

    Attributes
    ----------
    options
        Options of the attribution methods, but for the targets.
    motifs
        Known motifs.
    methods, sequences, scan, modisco, rule, layer, title
        As there.
    """

    methods: tuple[str, ...]
    options: Mapping[str, Any]
    motifs: list[Motif]
    sequences: int
    scan: int
    modisco: int
    rule: Rule
    layer: str | None
    title: str

    def __post_init__(self) -> None:
        for name, least in (("sequences", 1), ("scan", 1), ("modisco", 0)):
            if getattr(self, name) < least:
                raise InputError(
                    f"`{name}`: expected at least {least}, received {getattr(self, name)}"
                )
        if self.rule not in RULES:
            raise unknown("rule", self.rule, RULES)
        if not self.methods:
            raise InputError("`methods`: expected at least one, received none")
        check_unique("`methods` name", self.methods)
        if not self.motifs:
            raise InputError("`motifs`: expected at least one known motif, received none")

    def facts(self) -> dict[str, Any]:
        """Return what is said of it on the page and in the summary."""
        given = self.options.get("references")
        references = given if isinstance(given, str) else "dinucleotide_shuffle"
        return {
            "methods": list(self.methods),
            "references": "given" if isinstance(given, np.ndarray) else references,
            "number of references": self.options["n_references"],
            "scan": self.scan,
            "rule": self.rule,
            "modisco": self.modisco,
            "seed": self.options["seed"],
        }


@dataclass(frozen=True, eq=False)
class Explanation:
    """An explanation of a model on N sequences of length L.

    Attributes
    ----------
    explained
        Model with its inputs and targets.
    given_names
        Names of the sequences, or ().
    places
        Chromosome and start of each, both (N,), or None.
    choices
        How to explain.
    """

    explained: ExplainedModel
    given_names: tuple[str, ...]
    places: Places | None
    choices: Choices

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all sequences: given, of their places, or by number."""
        n, length = self.explained.x.shape[:2]
        if self.given_names:
            return self.given_names
        if self.places is not None:
            return place_names(self.places, length)
        return tuple(f"sequence {i}" for i in range(n))

    @cached_property
    def values(self) -> np.ndarray:
        """Predicted values of the targets, (K, N)."""
        return self.explained.values()

    @cached_property
    def chosen(self) -> np.ndarray:
        """Sequences to attribute, (n,)."""
        return in_turns(particular(self.values), self.choices.sequences)

    def check(self) -> None:
        """Raise ``InputError`` where the model cannot be explained, before anything is written."""
        for method in self.choices.methods:
            find_method(method)(**applicable(method, self._options())).check(self.explained)
        if self.choices.layer is not None:
            options = {"layer": self.choices.layer, "wrt": self.choices.options["wrt"]}
            find_first_layer(self._of_fixed_shapes(), **options)
        check_agreement(self.explained)
        if len(self.explained.targets) > MANY:
            _log.warning(
                "%d targets are explained, each at a cost of its own; choose some by targets=",
                len(self.explained.targets),
            )

    def write(self, folder: Path) -> dict[str, Any]:
        """Write everything to a folder; returns what ``summary.json`` holds."""
        attributed = self.attribute()
        attributed.write(folder)
        self._write_rows(folder / "sequences.tsv")
        filters, reason = self.read_filters()
        if filters is not None:
            write_filters(filters, folder)
        patterns = None
        if self.choices.modisco:
            known = self.choices.motifs if filters is None else filters.targets
            patterns = self.search(known, _pattern_method(attributed))
            write_patterns(patterns, folder / "modisco", self.places)
        summary = self._summary(attributed, filters, reason, patterns)
        notes = [f"The filters are not shown: {reason}."] if reason else []
        write_page(
            folder / PAGE,
            title=f"What {self.choices.title} reads",
            subtitle=_listed(self.explained.targets.names),
            sections=[
                summary_section(attributed, filters, rows=len(self.chosen), notes=notes),
                *dna_sections(attributed, filters, patterns, lead=LEAD),
                _made(summary),
            ],
        )
        write_json(folder / SUMMARY, plain(summary))
        return summary

    def attribute(self) -> Attributed:
        """Attribute the chosen sequences by every method."""
        explained, rows = self.explained, self.chosen
        results, seconds = attribute_each(
            self.choices.methods,
            explained.model,
            explained.some(rows),
            self._options(rows),
            count=len(rows),
        )

        def title(k: int, i: int) -> str:
            return f"{self.names[rows[i]]}, predicted {self.values[k, rows[i]]:.3g}"

        return Attributed(
            explained.observed[rows],
            explained.targets.names,
            results,
            seconds,
            title=title,
            counted=np.ones((len(explained.targets), len(rows)), bool),
            places=None if self.places is None else tuple(each[rows] for each in self.places),
        )

    def read_filters(self) -> tuple[FilterReading | None, str]:
        """Read the filters of the first convolution, or say why there are none."""
        explained, choices = self.explained, self.choices
        rows = spread_out(len(explained.x), choices.scan)
        some = rows[spread_out(len(rows), INFLUENCE_ROWS)]
        try:
            found = read_filters(
                self._of_fixed_shapes(),
                explained.as_taken(explained.x[rows]),
                explained.some(some),
                database=choices.motifs,
                tasks=explained.targets.names,
                rule=choices.rule,
                seed=choices.options["seed"],
                layer=choices.layer,
                wrt=choices.options["wrt"],
                targets=explained.targets,
                head=explained.head,
                scale="logit" if choices.options["output"] == "logit" else "output",
            )
        except InputError as error:
            if choices.layer is not None:
                raise
            _log.warning("the filters are left out: %s", error)
            return None, str(error)
        return found, ""

    def search(self, known: list[Motif], method: str) -> PatternReading:
        """Search the sequences with the largest predictions of each target for patterns."""
        explained, ranked, found = self.explained, particular(self.values), []
        with progress(f"TF-MoDISco of {len(ranked)} targets") as report:
            for k, order in enumerate(ranked):
                rows = np.sort(order[: self.choices.modisco])
                target = explained.targets.only(k)
                options = self._options(rows) | {"targets": target}
                options.pop("n_references")
                x = explained.observed[rows]
                _, patterns = search_patterns(
                    explained.model, explained.some(rows), x, options, method=method
                )
                found.append(TaskPatterns(target.names[0], rows, patterns))
                report(k + 1, len(ranked))
        return match_patterns(found, known)

    def _of_fixed_shapes(self) -> Any:
        return of_fixed_shapes(self.explained.model, self.explained.some(slice(0, 1)))

    def _options(self, rows: np.ndarray | None = None) -> dict[str, Any]:
        """Return the options of the methods, references of each sequence for some rows only."""
        options = {**self.choices.options, "targets": self.explained.targets}
        given, n = options.get("references"), len(self.explained.x)
        if rows is not None and isinstance(given, np.ndarray) and given.ndim == 4:
            options["references"] = given[rows] if len(given) == n else given
        return options

    def _write_rows(self, path: Path) -> None:
        """Write which sequences were attributed, where they lie and what is predicted, as TSV."""
        rows = self.chosen
        table: dict[str, Any] = {"row": rows, "name": [self.names[i] for i in rows]}
        if self.places is not None:
            chrom, start = (each[rows] for each in self.places)
            table |= {"chrom": chrom, "start": start, "end": start + self.explained.x.shape[1]}
        for name, values in zip(self.explained.targets.names, self.values, strict=True):
            table[f"predicted {name}"] = values[rows]
        with replacing(path) as beside:
            pd.DataFrame(table).to_csv(beside, sep="\t", index=False, float_format="%.6g")

    def _summary(
        self,
        attributed: Attributed,
        filters: FilterReading | None,
        reason: str,
        patterns: PatternReading | None,
    ) -> dict[str, Any]:
        summary = {
            "model": self.choices.title,
            "targets": list(self.explained.targets.names),
            "outputs": self.explained.output,
            "sequences": len(self.explained.x),
            "attributed sequences": len(self.chosen),
            "options": self.choices.facts(),
            "attributions": attributed.facts(),
            "versions": versions(),
        }
        summary |= {"no filters": reason} if filters is None else {"filters": filters.facts}
        return summary if patterns is None else summary | {"patterns": patterns.facts()}


def _pattern_method(attributed: Attributed) -> str:
    """Return the method whose contributions are searched: DeepLIFT, or the first that will do."""
    if METHOD in attributed.results:
        return METHOD
    useful = (n for n, r in attributed.results.items() if r.hypothetical is not None)
    return next(useful, METHOD)


def _made(summary: Mapping[str, Any]) -> Any:
    shown = ("model", "outputs", "sequences")
    facts = {name: summary[name] for name in shown} | summary["options"]
    return made_section(facts | summary.get("filters", {}) | {"versions": summary["versions"]})


def _listed(names: Sequence[str], most: int = 12) -> str:
    more = " …" if len(names) > most else ""
    return f"{len(names)} targets: {', '.join(names[:most])}{more}"

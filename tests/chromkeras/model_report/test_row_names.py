from dataclasses import replace

import numpy as np

from chromkeras.model_report.row_names import (
    dna_name,
    gene_names,
    has_places,
    row_columns,
    row_name,
)


def test_pairs_have_the_name_of_gene_and_condition(expression_pairs):
    assert row_name(expression_pairs, 7) == "gene1, c2"
    assert dna_name(expression_pairs, 7) == "gene1"
    assert gene_names(expression_pairs)[:2] == ("gene0", "gene1")
    table = row_columns(expression_pairs, np.array([7]))
    assert {name: values[0] for name, values in table.items()} == {
        "row": 7, "condition": "c2", "gene": "gene1"
    }  # fmt: skip


def test_places_come_first_where_they_are_known(tiny_dataset, expression_pairs):
    dataset = tiny_dataset(rows=4)
    assert row_name(dataset, 2) == dna_name(dataset, 2) == "row 2"
    assert gene_names(dataset) == ()
    assert not has_places(dataset)
    placed = replace(dataset, chrom=np.full(4, "chrI"), start=np.arange(4) * 1000)
    assert row_name(placed, 2) == "chrI:2,000-2,300"
    assert has_places(placed)
    assert list(row_columns(placed, np.array([1]))) == ["row", "chrom", "start", "end"]
    n = len(expression_pairs)
    stranded = replace(expression_pairs, chrom=np.full(n, "chrI"), start=np.arange(n))
    assert not has_places(stranded)  # whose positions run backwards for genes of the other strand

import numpy as np

from chrominterpret.motifs.pwm import Motif
from chromkeras.comparison.core.model_names import Replicates
from chromkeras.comparison.patterns.pattern_figure import weight_dots
from chromkeras.comparison.patterns.pattern_matching import SharedPattern
from chromkeras.comparison.patterns.pattern_use import PatternUse

REPLICATES = [Replicates("a", (0, 1)), Replicates("b", (2,))]


def use(name: str, seqlets: list[int], weight: list[float]) -> PatternUse:
    shared = SharedPattern(name, "pos", Motif(name, np.full((4, 4), 0.25)), ())
    return PatternUse("task", shared, np.array(seqlets), np.array(weight))


def test_every_model_has_a_dot_in_every_row_full_where_it_found_the_pattern():
    uses = [use("P1", [9, 0, 0], [8.0, 4.0, -1.0]), use("P2", [9, 9, 9], [2.0, 2.5, 3.0])]
    figure = weight_dots(uses, REPLICATES, {"P1": "P1 GATA", "P2": "P2 GAGA"})
    (panel,) = figure.axes
    full, hollow = [], []
    for line in panel.lines:
        dots = hollow if line.get_markerfacecolor() == "white" else full
        dots += [(round(float(y)), float(x)) for x, y in line.get_xydata()]
    assert sorted(full) == [(0, 8.0), (1, 2.0), (1, 2.5), (1, 3.0)]
    assert sorted(hollow) == [(0, 0.1), (0, 4.0)]  # what is below 0.1 stands at 0.1
    assert [t.get_text() for t in panel.get_yticklabels()] == ["task: P1 GATA", "task: P2 GAGA"]
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["a (2 seeds)", "b"]
    (bars,) = panel.collections
    ends = [segment[:, 0].tolist() for segment in bars.get_segments()]
    assert ends == [[3.0, 8.0], [1.5, 3.0]]  # from half the largest line's weight on

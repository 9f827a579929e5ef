import numpy as np
import pytest

from chromkeras.scoring.contrasts import choose_targets
from chromkeras.scoring.members import open_members
from chromkeras.variant_effects.effects import EffectScale, class_log_odds
from chromkeras.variant_effects.windows import Windows


def test_log_odds_of_classes_are_those_of_their_probabilities():
    z = np.random.default_rng(0).normal(0, 3, (5, 2, 4))
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    assert class_log_odds(z) == pytest.approx(np.log(p / (1 - p)))
    assert class_log_odds(np.array([[2000.0, 0, 0]]))[0, 0] == pytest.approx(2000 - np.log(2))


def test_outputs_are_means_over_windows_and_equal_windows_are_predicted_once(make_model):
    asked = []

    def forward(codes):
        asked.append(len(codes))
        return np.stack([codes[:, :2], codes[:, 2:4]]).astype(np.float32)

    members = open_members([make_model("a", 1), make_model("b", 2)])
    scale = EffectScale(members, choose_targets((), ("liver-skin",), members.tasks), forward)
    a, b, c = np.eye(3, 4, dtype=np.uint8)
    both = scale.outputs([np.stack([a, b]), np.stack([a]), np.stack([c, a, a])])
    assert asked == [3]
    assert both[0] == pytest.approx(np.array([[0.5, 0.5], [1, 0], [2 / 3, 0]]))
    assert both[1] == pytest.approx(np.array([[0, 0], [0, 0], [1 / 3, 0]]))
    effects = scale.effects([Windows(a[None], b[None], 0, 0), Windows(c[None], b[None], 0, 0)])
    assert effects.each[:, :, 0] == pytest.approx(np.array([[-2, -1], [0, -1]]))
    assert effects.score[:, 0] == pytest.approx([-1, -1])
    assert effects.spread[:, 0] == pytest.approx([np.sqrt(2), 0])
    assert np.isnan(scale.probabilities(effects.ref)).all()

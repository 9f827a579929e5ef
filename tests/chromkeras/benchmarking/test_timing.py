import numpy as np

from chromkeras.benchmarking import timing


def test_models_take_turns_and_the_first_turn_warms_up(monkeypatch):
    turns = []
    clock = iter(np.arange(0.0, 1000.0))

    def calls(model, dataset, rows):
        assert rows.tolist() == [0, 1, 2] * 85 + [0]  # 256
        return tuple(lambda way=way: turns.append(model + way) for way in "abc")

    monkeypatch.setattr(timing, "_calls", calls)
    monkeypatch.setattr(timing.time, "perf_counter", lambda: next(clock))
    told = []
    found = timing.prediction_times(
        {"x": "x", "y": "y"}, None, np.arange(3), repeats=2,
        progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert turns == ["xa", "xb", "xc", "ya", "yb", "yc"] * 3
    assert found["x"] == timing.PredictionTime(1000.0, 1000.0, 1000.0)
    assert told == [(0, 2), (1, 2), (2, 2)]

import pytest

from chromkeras.model_file.beside import (
    checkpoint_path,
    gradient_log_path,
    history_path,
    running_gradient_log_path,
    running_history_path,
)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (history_path, "hard.1.history.csv"),
        (checkpoint_path, "hard.1.resume.npz"),
        (gradient_log_path, "hard.1.gradients.npz"),
        (running_history_path, "hard.1.resume.csv"),
        (running_gradient_log_path, "hard.1.resume.gradients.npz"),
    ],
)
def test_files_beside_a_model_have_its_name(path, name):
    assert str(path("a/hard.1.keras")) == f"a/{name}"

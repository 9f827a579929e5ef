"""Train, compare, explain and use multi-task models of regulatory DNA.

The names below are imported when first used: ``chromkeras.train``. ``prepare_NAME`` is the import
of each format in ``chromkeras.importers.formats``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromkeras import datasets
    from chromkeras.baselines.options import baseline_options
    from chromkeras.baselines.train import train_baseline
    from chromkeras.benchmarking.benchmark import benchmark
    from chromkeras.comparison.core.compare import compare
    from chromkeras.comparison.core.comparison import CompareOptions
    from chromkeras.comparison.predictions.against import evaluate_against
    from chromkeras.cost.dry_run import dry_run
    from chromkeras.cross_validation.crossval import crossval
    from chromkeras.data.dataset import Dataset
    from chromkeras.data.hdf5 import load_dataset, save_dataset
    from chromkeras.errors import InputError
    from chromkeras.evaluation.report import evaluate_model as evaluate
    from chromkeras.importers.formats.arrays import prepare as prepare_arrays
    from chromkeras.importers.formats.basset import prepare as prepare_basset
    from chromkeras.importers.formats.bigwig import prepare as prepare_bigwig
    from chromkeras.importers.formats.expression import prepare as prepare_expression
    from chromkeras.importers.formats.h5ad import prepare as prepare_h5ad
    from chromkeras.importers.formats.peaks import prepare as prepare_peaks
    from chromkeras.importers.simulate import simulate
    from chromkeras.importers.simulate_expression import simulate_expression
    from chromkeras.installation.doctor import doctor
    from chromkeras.model_file.info import info
    from chromkeras.model_file.open_model import OpenModel, open_model
    from chromkeras.model_report.interpret import interpret
    from chromkeras.model_report.join import join
    from chromkeras.recipe.reading import make_recipe
    from chromkeras.scoring.predict import predict
    from chromkeras.search.tune import tune
    from chromkeras.training.finetune import finetune
    from chromkeras.training.train import train
    from chromkeras.variant_effects.options import VariantOptions
    from chromkeras.variant_effects.variants import variants

__version__ = "0.2.0"

# Where each public name lies: module and attribute; "" is the module itself.
_PLACES = {
    "CompareOptions": ("comparison.core.comparison", "CompareOptions"),
    "Dataset": ("data.dataset", "Dataset"),
    "InputError": ("errors", "InputError"),
    "OpenModel": ("model_file.open_model", "OpenModel"),
    "VariantOptions": ("variant_effects.options", "VariantOptions"),
    "baseline_options": ("baselines.options", "baseline_options"),
    "benchmark": ("benchmarking.benchmark", "benchmark"),
    "compare": ("comparison.core.compare", "compare"),
    "crossval": ("cross_validation.crossval", "crossval"),
    "datasets": ("datasets", ""),
    "doctor": ("installation.doctor", "doctor"),
    "dry_run": ("cost.dry_run", "dry_run"),
    "evaluate": ("evaluation.report", "evaluate_model"),
    "evaluate_against": ("comparison.predictions.against", "evaluate_against"),
    "finetune": ("training.finetune", "finetune"),
    "info": ("model_file.info", "info"),
    "interpret": ("model_report.interpret", "interpret"),
    "join": ("model_report.join", "join"),
    "load_dataset": ("data.hdf5", "load_dataset"),
    "make_recipe": ("recipe.reading", "make_recipe"),
    "open_model": ("model_file.open_model", "open_model"),
    "predict": ("scoring.predict", "predict"),
    "save_dataset": ("data.hdf5", "save_dataset"),
    "simulate": ("importers.simulate", "simulate"),
    "simulate_expression": ("importers.simulate_expression", "simulate_expression"),
    "train": ("training.train", "train"),
    "train_baseline": ("baselines.train", "train_baseline"),
    "tune": ("search.tune", "tune"),
    "variants": ("variant_effects.variants", "variants"),
}
_PREPARE = "prepare_"

__all__ = [
    "CompareOptions",
    "Dataset",
    "InputError",
    "OpenModel",
    "VariantOptions",
    "baseline_options",
    "benchmark",
    "compare",
    "crossval",
    "datasets",
    "doctor",
    "dry_run",
    "evaluate",
    "evaluate_against",
    "finetune",
    "info",
    "interpret",
    "join",
    "load_dataset",
    "make_recipe",
    "open_model",
    "predict",
    "prepare_arrays",
    "prepare_basset",
    "prepare_bigwig",
    "prepare_expression",
    "prepare_h5ad",
    "prepare_peaks",
    "save_dataset",
    "simulate",
    "simulate_expression",
    "train",
    "train_baseline",
    "tune",
    "variants",
]


def __getattr__(name: str) -> Any:
    if name.startswith(_PREPARE):
        from chromkeras.registry import IMPORT_FORMATS

        if (form := name.removeprefix(_PREPARE)) in IMPORT_FORMATS.names():
            return IMPORT_FORMATS.get(form).prepare
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    found = import_module(f"{__name__}.{module}")
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

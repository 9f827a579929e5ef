"""Registries of chromkeras: every room whose members are found by name."""

from chrominterpret.registry import Registry

ARCHITECTURES = Registry(
    "chromkeras.architectures", "architecture", without={"options", "publication"}
)
BASELINES = Registry(
    "chromkeras.baselines",
    "baseline",
    without={
        "beaten", "gapped_kernel", "kmer_regulators", "linear", "options", "size", "solver",
        "train",
    },
)  # fmt: skip
PROBLEMS = Registry("chromkeras.problems", "problem", without={"problem", "reading"})
LOSSES = Registry("chromkeras.losses", "loss", without={"masks", "task_loss"})
CONFLICT_METHODS = Registry("chromkeras.conflict", "conflict method", without={"gram", "simplex"})
IMPORT_FORMATS = Registry("chromkeras.importers.formats", "import format")
GRAMMARS = Registry("chromkeras.importers.grammars", "grammar")
COMPARISON_PARTS = Registry(
    "chromkeras.comparison",
    "part of the comparison",
    without={"core"},
    module="part",
)
COMMANDS = Registry("chromkeras.cli.commands", "command")

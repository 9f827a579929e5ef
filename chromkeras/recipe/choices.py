"""Choices of a recipe that are no modules of a package."""

PLANS = ("hard", "single", "soft", "basset")
PENALTY_SCHEDULES = ("constant", "rising", "falling")
TECHNIQUES = ("joint", "one_task", "round_robin", "warm_start")
WEIGHTINGS = ("equal", "uncertainty", "gradnorm", "dwa")
OPTIMIZERS = ("adam", "rmsprop", "sgd")
RATE_SCHEDULES = ("cosine", "constant")
PRECISIONS = ("float32", "bfloat16")
AUTO = "auto"
DEFAULT_ARCHITECTURE = "basset"
# Table that the run card of a baseline has in place of those of a network.
BASELINE = "baseline"

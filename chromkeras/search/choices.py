"""Samplers and pruners by name, with what each does; light, for help texts."""

SAMPLERS = {
    "tpe": "values near those of good trials, by a tree-structured Parzen estimator",
    "random": "every value alike",
    "grid": "every combination once",
}
AUTO = "auto"
PRUNERS = {
    AUTO: "median, and none for a grid",
    "median": "ends a trial below the median of others at its epoch",
    "halving": "lets the better quarter run on, again and again",
    "none": "runs every trial to its end",
}
TRIALS = 50  # by default, where the sampler is no grid

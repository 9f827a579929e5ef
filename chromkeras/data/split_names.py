"""Names of the splits; light to import, as help texts list them."""

SPLITS = ("train", "valid", "test")
ALL = "all"
CHOICES = (*SPLITS, ALL)

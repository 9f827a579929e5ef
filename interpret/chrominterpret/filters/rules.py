"""Rules by which filters become motifs; light to import, as help texts list them."""

from typing import Literal

Rule = Literal["threshold", "top"]
RULES: dict[Rule, str] = {
    "threshold": "sites above half of the highest activation",
    "top": "the 100 sequences that activate it most",
}

"""The paper or report that an architecture was published in."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Publication:
    """Citation of a paper or report.

    Attributes
    ----------
    authors
        Family names as a citation has them, such as "Kelley et al.".
    year
        Year of publication; 0 where it is not known.
    title, venue
        Title, and journal with volume and page or identifier.
    doi
        Digital object identifier, "" where there is none.

    Examples
    --------
    >>> print(Publication("Kelley et al.", 2016, "Basset", "Genome Research 26:990"))
    Kelley et al. 2016
    """

    authors: str
    year: int
    title: str
    venue: str
    doi: str = ""

    def __str__(self) -> str:
        return f"{self.authors} {self.year}" if self.year else self.authors

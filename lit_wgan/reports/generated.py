"""What is made of a trained generator for its report: interpolations, and the training samples nearest to its own."""

from typing import NamedTuple

from lit_wgan.reports.images import Embedded
from lit_wgan.runs.run import Run


class Generated(NamedTuple):
    """A picture that was made for a report.

    Attributes:
        run: whose generator made the samples.
        title: of the picture.
        words: on what it shows.
        picture: itself.
    """

    run: Run
    title: str
    words: str
    picture: Embedded

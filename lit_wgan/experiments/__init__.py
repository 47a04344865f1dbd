"""Experiments of papers: runs of lit-wgan, what is measured of them, the claim, and a picture.

Those of this project are in ``experiments/``, a file each, and ``lit-wgan figures`` runs them.
"""

from lit_wgan.experiments.experiment import Experiment, Result

__all__ = ["Experiment", "Result"]

"""``python -m lit_wgan``."""

import sys

from lit_wgan.cli import program

sys.exit(program())

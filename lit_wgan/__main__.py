"""``python -m lit_wgan``."""

import sys

try:
    from lit_wgan.cli import program
except KeyboardInterrupt:
    sys.exit(130)

sys.exit(program())

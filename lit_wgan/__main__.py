"""``python -m lit_wgan``."""

import sys

from lit_wgan.cli import main

sys.exit(main())

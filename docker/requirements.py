"""Prints what setup.cfg requires, or one of its extras: an image installs that before the package, which changes more.

python requirements.py SETUP_CFG [EXTRA]
"""

import sys
from configparser import ConfigParser

config = ConfigParser()
config.read(sys.argv[1])
extra = sys.argv[2:]
print(config["options.extras_require"][extra[0]] if extra else config["options"]["install_requires"])

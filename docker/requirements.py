"""Print the requirements in setup.cfg, or those of an extra, which an image installs before the package.

python requirements.py SETUP_CFG [EXTRA]
"""

import sys
from configparser import ConfigParser

config = ConfigParser()
config.read(sys.argv[1])
extra = sys.argv[2:]
print(config["options.extras_require"][extra[0]] if extra else config["options"]["install_requires"])

"""Print the requirements in setup.cfg, or those of an extra, which an image installs before the package.

python requirements.py SETUP_CFG [EXTRA]
"""

import re
import sys
from configparser import ConfigParser

config = ConfigParser()
config.read(sys.argv[1])


def requirements(extra: str) -> str:
    """Those of an extra; where it names other extras of the package, theirs in place of that."""
    text = config["options.extras_require"][extra]
    others = rf"{re.escape(config['metadata']['name'])}\[(.*)\]"
    return re.sub(others, lambda named: "\n".join(map(requirements, named[1].split(","))), text)


extra = sys.argv[2:]
print(requirements(extra[0]) if extra else config["options"]["install_requires"])

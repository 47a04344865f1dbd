"""Print the lower bounds of setup.cfg as pins, one a line, to test with the oldest versions that it allows.

python tools/lower_bounds.py > lower-bounds.txt
make test CONSTRAINTS=lower-bounds.txt
"""

import configparser
import re
from pathlib import Path

BOUND = re.compile(r"^([\w-]+)(?:\[.*\])?>=([\d.]+)$", re.MULTILINE)


def lower_bounds(setup: str) -> list[str]:
    """`name==version` of every requirement in the text of a setup.cfg, and of the extra `export`, in its order.

    >>> lower_bounds("[options]\\ninstall_requires =\\n    scipy>=1.13\\n    jsonargparse[signatures]>=4.40")
    ['scipy==1.13', 'jsonargparse==4.40']
    >>> lower_bounds("[options]\\ninstall_requires =\\n x>=1\\n[options.extras_require]\\nexport =\\n  onnx>=1.23")
    ['x==1', 'onnx==1.23']
    """
    parser = configparser.ConfigParser()
    parser.read_string(setup)
    extra = parser.get("options.extras_require", "export", fallback="")
    return [f"{name}=={version}" for name, version in BOUND.findall(parser["options"]["install_requires"] + extra)]


if __name__ == "__main__":
    print("\n".join(lower_bounds((Path(__file__).parents[1] / "setup.cfg").read_text())))

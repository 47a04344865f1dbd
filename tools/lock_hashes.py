"""Print the locked requirements with the SHA-256 of their files on Linux (x86-64), for ``pip --require-hashes``.

python tools/lock_hashes.py constraints.txt 3.11.9 3.12.9 > docker/hashes.txt

pip fetches every file once for each version of Python, some gigabytes, and installs none. setuptools, which torch needs
and no lock holds, is added in the version that is installed here.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from packaging.utils import canonicalize_name

PLATFORMS = [f"manylinux_2_{minor}_x86_64" for minor in range(28, 4, -1)]
PLATFORMS += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]
"""Of wheels that Debian 12 and newer take."""


def files(lock: Path, python: str, folder: Path) -> dict[str, set[str]]:
    """The SHA-256 of each requirement's file, by ``name==version``."""
    report = folder / f"{python}.json"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed", "--no-deps"]
    command += ["--only-binary=:all:", f"--python-version={python}", f"--target={folder / 'none'}"]
    command += [f"--platform={each}" for each in PLATFORMS]
    command += [f"--report={report}", f"--requirement={lock}", f"setuptools=={version('setuptools')}"]
    subprocess.run(command, check=True)
    found = {}
    for entry in json.loads(report.read_text())["install"]:
        name = f"{canonicalize_name(entry['metadata']['name'])}=={entry['metadata']['version']}"
        found[name] = {entry["download_info"]["archive_info"]["hashes"]["sha256"]}
    return found


def main(lock: str, *pythons: str) -> None:
    """Print the lines for some versions of Python."""
    hashes: dict[str, set[str]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for python in pythons:
            for name, sha256 in files(Path(lock), python, Path(folder)).items():
                hashes.setdefault(name, set()).update(sha256)
    for name, sha256 in sorted(hashes.items()):
        print(" ".join([name, *(f"--hash=sha256:{each}" for each in sorted(sha256))]))


main(*sys.argv[1:])

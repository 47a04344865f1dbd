#!/bin/sh
# What the Dockerfile installs with: `pip install` and its arguments, under the certificate authority of --secret id=ca.
# With REQUIRE_HASHES, all files have to have the SHA-256 that hashes.txt beside this script gives: they are fetched and
# checked first, and then nothing is taken from elsewhere.
set -eu
if [ -e /run/secrets/ca ]; then export PIP_CERT=/run/secrets/ca; fi
if [ -n "${REQUIRE_HASHES:-}" ]; then
    if [ -n "${TORCH_INDEX:-}" ]; then
        echo "Expected no TORCH_INDEX along with REQUIRE_HASHES, whose files are the usual index's. Leave one out." >&2
        exit 2
    fi
    wheels=${WHEELS:-/wheels}
    hashes=$(dirname "$0")/hashes.txt
    pip download --quiet --require-hashes --no-deps --only-binary=:all: --dest "$wheels" --requirement "$hashes"
    export PIP_NO_INDEX=1 PIP_FIND_LINKS="$wheels"
fi
exec pip install "$@"

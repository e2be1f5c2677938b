#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads the public headers with Doxygen: everything in them is documented, and it has no warning.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
-h | --help) echo "usage: scripts/check-doxygen.sh"; exit 0 ;;
esac
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
doxygen - <<CONFIG || {
@INCLUDE         = docs/Doxyfile
OUTPUT_DIRECTORY = $out
GENERATE_XML     = YES
GENERATE_HTML    = NO
CONFIG
    echo "check-doxygen: document what is named above; the header is the manual" >&2
    exit 1
}
echo "check-doxygen: $(grep -c 'kind="file"' "$out/xml/index.xml") headers," \
    "$(grep -c '<member ' "$out/xml/index.xml") names, all documented"

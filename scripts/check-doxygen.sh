#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Reads the public headers with Doxygen: everything in them is documented, and it has no warning.
set -euo pipefail
cd "$(dirname "$0")/.."
case "${1:-}" in
-h | --help) echo "usage: scripts/check-doxygen.sh"; exit 0 ;;
esac
root=$PWD
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
mapfile -t headers < <(scripts/site.py --headers)
scripts/doxygen-filter.py "$out" "${headers[@]}"
cd "$out"

# read SETTING... : all of it, with further settings.
read_headers() {
    doxygen - >log 2>&1 <<CONFIG || {
@INCLUDE      = $root/docs/Doxyfile
GENERATE_XML  = YES
GENERATE_HTML = NO
$(printf '%s\n' "$@")
CONFIG
        sed "s|$out/||" log >&2
        echo "check-doxygen: document what is named above; the header is the manual" >&2
        exit 1
    }
}

# The original's interface has names that only applications of 2.x see.
read_headers "INPUT = include/compat" "PREDEFINED += CY_OTA_API_VERSION=2"
grep -q 'cy_ota_server_info_t' xml/index.xml
read_headers
echo "check-doxygen: ${#headers[@]} headers, $(grep -c '<member ' xml/index.xml) names, all documented"

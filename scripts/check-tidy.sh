#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis with clang-tidy (.clang-tidy) of everything that is shipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
case "${1:-}" in
-h | --help) echo "usage: scripts/check-tidy.sh [BUILD-FOLDER]"; exit 0 ;;
esac
build=${1:-build}
[ -f "$build/compile_commands.json" ] || {
    echo "check-tidy: no $build/compile_commands.json: configure first (cmake --preset release)" >&2
    exit 1
}
# Once for each file: the examples build the core again, for small devices.
mkdir -p "$build/tidy"
python3 -c '
import json, sys
first = {}
for entry in json.load(open(sys.argv[1])):
    first.setdefault(entry["file"], entry)
json.dump(list(first.values()), open(sys.argv[2], "w"))' \
    "$build/compile_commands.json" "$build/tidy/compile_commands.json" || exit 1
sources=$(sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$build/compile_commands.json" |
    grep -E "^$PWD/(src|boot|ports|tools|examples)/" | sort -u)
# The path to a finding (notes) is left out; clang-tidy -p BUILD-FOLDER FILE shows it.
xargs -n 4 -P "$(nproc)" clang-tidy -p "$build/tidy" --quiet --warnings-as-errors='*' <<<"$sources" \
    2>/dev/null | awk '/ (error|warning): /{show = 1} / note: /{show = 0} show'
[ "${PIPESTATUS[0]}" = 0 ] || exit 1
echo "check-tidy: $(wc -l <<<"$sources") files"

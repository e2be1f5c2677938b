#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Static analysis with cppcheck of everything that is shipped.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
[ "${1:-}" != --help ] || { echo "usage: scripts/check-cppcheck.sh"; exit 0; }

folders=()
for folder in src boot ports tools examples; do
    [ -z "$(git ls-files -co --exclude-standard -- "$folder/*.c")" ] || folders+=("$folder")
done
# Not reported: functions that only users of the library call, and headers of the system.
cppcheck --quiet --error-exitcode=1 -j "$(nproc)" --std=c11 --inline-suppr \
    --enable=warning,performance,portability \
    --suppress=missingIncludeSystem --suppress=unusedFunction \
    -UOTA_CONFIG_FILE -Iinclude -Isrc -Iboot -Iports "${folders[@]}" &&
    echo "check-cppcheck: ${folders[*]}"

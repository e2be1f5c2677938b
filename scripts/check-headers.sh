#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Compiles each header alone and twice: the public ones as C99 and C++11, the internal ones as C11.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
case "${1:-}" in
-h | --help) echo "usage: scripts/check-headers.sh [C-COMPILER C++-COMPILER]..."; exit 0 ;;
esac
[ $# -gt 0 ] || set -- gcc g++ clang clang++

warnings=(-Wall -Wextra -Wpedantic -Wundef -Werror -fsyntax-only -Iinclude -Iinclude/compat
    -Iinclude/compat/platform)
count=0
failed=0

# alone HEADER COMPILER...: the header is the whole program.
alone() {
    local header=$1
    shift
    count=$((count + 1))
    printf '#include "%s"\n#include "%s"\nextern int not_empty;\n' "$header" "$header" | "$@" - && return
    echo "error: $header does not compile alone with '$1': include what it uses" >&2
    failed=1
}

while [ $# -ge 2 ]; do
    for header in include/ota/*.h include/compat/*.h include/compat/platform/*.h; do
        [ -e "$header" ] || continue
        alone "${header#include/}" "$1" -x c -std=c99 "${warnings[@]}" -Wshadow -Wstrict-prototypes
        alone "${header#include/}" "$2" -x c++ -std=c++11 "${warnings[@]}"
    done
    for header in src/*/*.h boot/*.h; do
        [ -e "$header" ] || continue
        alone "$PWD/$header" "$1" -x c -std=c99 "${warnings[@]}" -Isrc -Iboot
    done
    shift 2
done
echo "check-headers: $count compilations"
exit "$failed"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Checks that the C sources are laid out as clang-format lays them out; --fix lays them out.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
case "${1:-}" in
--fix) how=(-i) ;;
"") how=(--dry-run -Werror) ;;
*) echo "usage: scripts/check-format.sh [--fix]"; [ "$1" = --help ]; exit ;;
esac
sources=$(git ls-files -co --exclude-standard -- '*.c' '*.h')
# shellcheck disable=SC2086 # the names of our sources have no blanks
clang-format "${how[@]}" $sources || {
    echo "check-format: run scripts/check-format.sh --fix" >&2
    exit 1
}
echo "check-format: $(wc -l <<<"$sources") files"

#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds and runs the libFuzzer targets.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

usage() {
    cat <<'USAGE'
usage: scripts/fuzz.sh [SECONDS] [NAME]

Runs every target of tests/fuzz (or only NAME) for SECONDS each (default 60), as many at once as
there are processors. Starts from the seeds in tests/fuzz/corpus/NAME; what it finds is kept in
build-fuzz/corpus/NAME. An input that crashes a target is kept in build-fuzz/crashes/.

Exit status: 0 nothing found, 1 a target crashed or does not build, 2 wrong usage.
USAGE
}

case "${1:-}" in -h | --help) usage; exit 0 ;; esac
seconds=${1:-60}
if ! [[ "$seconds" =~ ^[1-9][0-9]*$ ]] || [ $# -gt 2 ]; then
    usage >&2
    exit 2
fi
out=build-fuzz

cmake --preset fuzz >/dev/null || exit 1
cmake --build --preset fuzz -j "$(nproc)" || exit 1

names=()
for source in tests/fuzz/fuzz_*.c; do
    name=${source#tests/fuzz/fuzz_}
    name=${name%.c}
    [ -z "${2:-}" ] || [ "$name" = "$2" ] || continue
    names+=("$name")
done
[ ${#names[@]} -gt 0 ] || { echo "fuzz: no target ${2:-in tests/fuzz}" >&2; exit 2; }

# fuzz NAME: one target; its log is its own, one line of result is printed.
fuzz() {
    local name=$1 log=$out/logs/$1.log args=()
    [ ! -f "tests/fuzz/$name.dict" ] || args+=("-dict=tests/fuzz/$name.dict")
    if timeout --foreground -k 5 $((seconds + 60)) "$out/bin/fuzz_$name" \
        "-max_total_time=$seconds" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
        "-artifact_prefix=$out/crashes/$name-" "${args[@]}" \
        "$out/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 </dev/null; then
        printf '%-24s ok      %s runs\n' "$name" \
            "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
        return 0
    fi
    printf '%-24s FAILED  %s\n' "$name" "$log"
    grep -E '^SUMMARY|Test unit written|ERROR: |runtime error' "$log"
    return 1
}
export -f fuzz
export out seconds

mkdir -p "$out/crashes" "$out/logs"
(cd "$out" && mkdir -p "${names[@]/#/corpus/}")
# shellcheck disable=SC2016 # expanded by the inner shell
printf '%s\0' "${names[@]}" | xargs -0 -n 1 -P "$(nproc)" bash -c 'fuzz "$1"' fuzz || {
    echo "fuzz: to run an input again: $out/bin/fuzz_NAME FILE" >&2
    exit 1
}

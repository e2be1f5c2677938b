#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds libota and runs its tests.
set -uo pipefail
cd "$(dirname "$0")" || exit 1

usage() {
    cat <<'USAGE'
usage: ./test.sh [--quick | --qemu] [PATTERN]

Installs what is missing (scripts/setup.sh), builds and runs every test:

  release    gcc, all tests: unit, vectors, end to end, fuzz corpus, checks of the sources
  firmware   a bootloader and applications for a Cortex-M4; their tests, in QEMU, run among those of
             the release build
  sanitize   clang, AddressSanitizer and UndefinedBehaviorSanitizer: unit, vectors, fuzz corpus
  fuzz       every libFuzzer target for some seconds (FUZZ_SECONDS, default 10)

  --quick    only the release build and its tests, without the firmware
  --qemu     only the firmware and its tests
  PATTERN    only those tests of the release build whose name matches (ctest -R), for example
             ./test.sh unit.slot
  --help     this text

Exit status: 0 all passed, 1 something failed, 2 wrong usage. Logs are in build/logs/.
USAGE
}

quick=0
qemu=0
pattern=
for arg in "$@"; do
    case "$arg" in
    --quick) quick=1 ;;
    --qemu) qemu=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *)
        [ -z "$pattern" ] || { usage >&2; exit 2; }
        pattern=$arg
        ;;
    esac
done

jobs=$(nproc)
logs=build/logs
passed=0
failed=0
summary=()
child=

# shellcheck disable=SC2317 # called by the trap
interrupted() {
    trap - INT TERM
    [ -z "$child" ] || kill -TERM "$child" 2>/dev/null
    wait
    echo "test: interrupted" >&2
    exit 1
}
trap interrupted INT TERM

# bounded SECONDS LOG COMMAND...: runs a command with a time limit; it dies with this script.
bounded() {
    local seconds=$1 log=$2
    shift 2
    timeout -k 10 "$seconds" "$@" >"$log" 2>&1 </dev/null &
    child=$!
    wait "$child"
    local status=$?
    child=
    [ "$status" != 124 ] || echo "test: stopped after the limit of $seconds s" >>"$log"
    return "$status"
}

# step NAME SECONDS COMMAND...: prints one line; on failure the end of what the command said.
step() {
    local name=$1 seconds=$2 start=$SECONDS result=ok
    local log=$logs/${name// /-}.log
    shift 2
    printf '%-28s' "$name"
    bounded "$seconds" "$log" "$@" || result=FAILED
    local took=$((SECONDS - start))
    printf '%-8s %4d s   %s\n' "$result" "$took" "$(closing_line "$log")"
    summary+=("$(printf '%-28s%-8s %4d s' "$name" "$result" "$took")")
    [ "$result" = ok ] && return 0
    echo "---- $log"
    grep -qE '^The following tests FAILED' "$log" || tail -n 40 "$log"
    failed_tests "$log"
    sed -n '/^The following tests FAILED/,$p' "$log"
    echo "----"
    return 1
}

# failed_tests LOG: of a ctest run, what each failing test printed: the last 60 lines of each.
failed_tests() {
    awk '
        function flush(   i) {
            for (i = (n > 60 ? n - 59 : 1); i <= n; i++) print lines[i]
            n = 0
        }
        /^ *[0-9]+\/[0-9]+ Test +#/ { flush(); on = /\*\*\*/; if (on) print; next }
        /^ *Start +[0-9]+: / || /^[0-9]+% tests passed/ { flush(); on = 0 }
        on { lines[++n] = $0 }
        END { flush() }' "$1"
}

closing_line() {
    grep -E '^[0-9]+% tests passed' "$1" | tail -n 1
}

# tests NAME SECONDS CTEST-ARGUMENTS...: a ctest run as a step, counted.
tests() {
    local log=$logs/${1// /-}.log line total bad
    step "$1" "$2" ctest -j "$jobs" --output-on-failure --no-tests=error "${@:3}"
    local status=$?
    line=$(closing_line "$log")
    total=$(sed -n 's/.*out of \([0-9]*\).*/\1/p' <<<"$line")
    bad=$(sed -n 's/.* \([0-9]*\) tests failed.*/\1/p' <<<"$line")
    passed=$((passed + ${total:-0} - ${bad:-0}))
    failed=$((failed + ${bad:-0}))
    [ "$status" = 0 ] || [ "${bad:-0}" != 0 ] || failed=$((failed + 1))
    return "$status"
}

# must NAME SECONDS COMMAND...: a step that counts only when it fails.
must() {
    step "$@" && return 0
    failed=$((failed + 1))
    return 1
}

finish() {
    echo
    printf '%s\n' "${summary[@]}" "" "total $SECONDS s"
    echo "$passed passed, $failed failed"
    [ "$failed" = 0 ] && [ "$passed" -gt 0 ]
    exit
}

scripts/setup.sh test || exit 1
mkdir -p "$logs"

# The tests of the firmware are tests of the release build: both run on what both have built.
firmware=
[ "$quick" = 1 ] || firmware=$PWD/build-qemu
must "release configure" 120 \
    cmake --preset release -DOTA_TESTS=ON -DOTA_QEMU_FIRMWARE="$firmware" || finish
if [ "$qemu" = 1 ]; then
    must "firmware build" 900 scripts/qemu.sh build || finish
    tests "firmware tests" 900 --test-dir build -L qemu -R "${pattern:-.}"
    finish
fi
must "release build" 1200 cmake --build --preset release -j "$jobs" || finish
if [ -n "$pattern" ]; then
    ! ctest --test-dir build -N -L qemu -R "$pattern" | grep -q ' qemu\.' ||
        must "firmware build" 900 scripts/qemu.sh build || finish
    tests "release tests" 2400 --test-dir build -R "$pattern"
    finish
fi
[ "$quick" = 1 ] || must "firmware build" 900 scripts/qemu.sh build || finish
tests "release tests" 2400 --test-dir build
[ "$quick" = 0 ] || finish

if must "sanitize configure" 120 cmake --preset sanitize &&
    must "sanitize build" 1200 cmake --build --preset sanitize -j "$jobs"; then
    tests "sanitize tests" 2400 --test-dir build-asan -L "unit|fuzz"
fi
must "fuzz" 1200 scripts/fuzz.sh "${FUZZ_SECONDS:-10}"
finish

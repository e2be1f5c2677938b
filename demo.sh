#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Shows an update, and a bad one that goes back, with real parts on this machine.
set -euo pipefail
cd "$(dirname "$0")"

usage() {
    cat <<'USAGE'
usage: ./demo.sh [--board FILE] [--keep] [--no-build]

Installs what is missing, builds, and shows on this machine how a device gets from version 1.0.0 of
an application to 2.0.0 over MQTT, and how it comes back to 2.0.0 by itself when 3.0.0 is broken.
Ends with a table of what happened.

  --board FILE   board to show it on, one that swaps (default boards/generic-swap.json)
  --keep         keep images, flash files and logs, and say where they are
  --no-build     install and build nothing: use build/ as it is
  --help         this text

Exit status: 0 everything happened, 1 something did not, 2 wrong usage.
USAGE
}

board=boards/generic-swap.json
keep=0
build=1
while [ $# -gt 0 ]; do
    case "$1" in
    --board) board=${2:-}; shift ;;
    --keep) keep=1 ;;
    --no-build) build=0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
    shift
done
[ -f "$board" ] || { echo "demo: no board file '$board'; some are in boards/" >&2; exit 2; }

say() { printf '\n== %s\n' "$*"; }
die() { echo "demo: $*" >&2; exit 1; }

# ---- Processes: all are children of this shell, and all are ended with it ----------------------

dir=$(mktemp -d)
broker=
publisher=
device=

stop() {
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

clean_up() {
    trap - EXIT INT TERM
    stop "$device"
    stop "$publisher"
    stop "$broker"
    if [ "$keep" = 1 ]; then
        echo "demo: images, flash and logs are in $dir"
    else
        rm -rf "$dir"
    fi
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# wait_for SECONDS PID FILE PATTERN: until a line of the file matches. Fails when the process ends.
wait_for() {
    local end=$((SECONDS + $1))
    until grep -qE -e "$4" "$3" 2>/dev/null; do
        [ "$SECONDS" -lt "$end" ] || return 1
        kill -0 "$2" 2>/dev/null || { grep -qE -e "$4" "$3" 2>/dev/null; return; }
        sleep 0.05
    done
}

# ---- Set-up ------------------------------------------------------------------------------------

set_up() {
    scripts/setup.sh build
    say "Building"
    if [ ! -f build/CMakeCache.txt ]; then
        cmake --preset release -DOTA_TESTS=OFF >"$dir/build.log" || { cat "$dir/build.log"; exit 1; }
    fi
    cmake --build build -j "$(nproc)" >"$dir/build.log" || { tail -n 50 "$dir/build.log"; exit 1; }
    echo "the tools are in build/bin/"
}
[ "$build" = 0 ] || set_up
bin=build/bin
started=$SECONDS

# of_board EXPRESSION: a value of the board file, in Python's words.
of_board() {
    python3 -c 'import json, sys
b = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))' "$board" "$1"
}
kit=$(of_board 'b["board"]')
[[ "$(of_board 'b["boot"]["mode"]')" = swap* ]] ||
    die "$board overwrites: it keeps no older image to go back to. Take one that swaps."

say "A key pair; versions 1.0.0, 2.0.0 and 3.0.0 of the example application, signed"
"$bin/ota-imgtool" keygen -k "$dir/key.pem" -t ecdsa-p256
openssl pkey -in "$dir/key.pem" -pubout -out "$dir/key.pub.pem"
for version in 1.0.0 2.0.0 3.0.0; do
    "$bin/ota-imgtool" sign -k "$dir/key.pem" -v "$version" --pad-header --board "$kit" \
        -H "$(of_board 'b["header_size"]')" -S "$(of_board 'b["areas"]["primary"]["size"]')" \
        --align "$(of_board 'b["boot"]["align"]')" -M "$(of_board 'b["boot"]["max_sectors"]')" \
        "$bin/example-app-$version" "$dir/app-$version.img"
    "$bin/ota-imgtool" verify -k "$dir/key.pub.pem" "$dir/app-$version.img"
done

say "A new $kit ($board) that trusts this key, with 1.0.0 in its primary slot"
python3 -c 'import json, sys
b = json.load(open(sys.argv[1]))
b["boot"].update(signature="ec256", keys=["key.pub.pem"])
json.dump(b, open(sys.argv[2], "w"), indent=2)' "$board" "$dir/board.json"
"$bin/ota-board" program --board "$dir/board.json" --flash "$dir/flash" --slot primary "$dir/app-1.0.0.img"

start_broker() {
    for _ in 1 2 3 4 5; do
        port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
        printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$port" \
            >"$dir/mosquitto.conf"
        PATH=$PATH:/usr/sbin mosquitto -c "$dir/mosquitto.conf" >"$dir/broker.log" 2>&1 &
        broker=$!
        # Another program may have taken the port meanwhile; then the next one is tried.
        wait_for 5 "$broker" "$dir/broker.log" 'mosquitto version .* running' && return
        stop "$broker"
    done
    cat "$dir/broker.log" >&2
    die "the broker does not start"
}
say "A broker"
start_broker
echo "mosquitto listens on 127.0.0.1:$port"

# The publisher looks at its image again when the file changes.
offer() {
    cp "$dir/app-$1.img" "$dir/release.new"
    mv "$dir/release.new" "$dir/release.img"
}

say "A publisher that offers 2.0.0"
offer 2.0.0
"$bin/ota-publisher" -b "127.0.0.1:$port" -k "$kit" -f "$dir/release.img" \
    >"$dir/publisher.log" 2>&1 &
publisher=$!
wait_for 10 "$publisher" "$dir/publisher.log" '^ready' || {
    cat "$dir/publisher.log" >&2
    die "the publisher does not get ready"
}
cat "$dir/publisher.log"

# ---- The story -----------------------------------------------------------------------------------

# power_on LOG: runs the board until its application ends; its console is shown and kept.
power_on() {
    : >"$1" # there before tail opens it
    timeout -k 5 100 "$bin/ota-board" run --board "$dir/board.json" --flash "$dir/flash" \
        --max-resets 5 -- -b "127.0.0.1:$port" --flow job --now --once >"$1" 2>&1 &
    device=$!
    tail -n +1 -f --pid="$device" "$1" | sed -u 's/^/  | /'
    wait "$device" && status=0 || status=$?
    device=
    [ "$status" = 0 ] || echo "  (the board ended with status $status)"
}

# info EXPRESSION: of what ota-board says about the slots.
info() {
    "$bin/ota-board" info --board "$dir/board.json" --flash "$dir/flash" --json |
        python3 -c 'import json, sys
i = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}

say "Power on: 1.0.0 asks for updates"
power_on "$dir/first.log"
after_first=$(info 'i["primary"]["image"]["version"] + ", next swap: " + i["next_boot"]["swap_type"]')

say "The publisher offers 3.0.0, whose self-test fails"
offer 3.0.0
power_on "$dir/second.log"
after_second=$(info 'i["primary"]["image"]["version"] + ", next swap: " + i["next_boot"]["swap_type"]')

stop "$publisher"
stop "$broker"
publisher=
broker=
took=$((SECONDS - started))

# ---- What happened -------------------------------------------------------------------------------

failures=0

# in_order LOG PATTERN...: each pattern is found, below the line of the one before.
in_order() {
    local log=$1 line=0 found
    shift
    for pattern in "$@"; do
        found=$(tail -n "+$((line + 1))" "$log" | grep -nEm 1 -e "$pattern" | cut -d: -f1)
        [ -n "$found" ] || return 1
        line=$((line + found))
    done
}

# row TEXT COMMAND...: a line of the table; the command says whether it happened.
row() {
    local text=$1 result=yes
    shift
    "$@" || { result=NO; failures=$((failures + 1)); }
    printf '  %-76s %s\n' "$text" "$result"
}

nothing_runs() {
    ! grep -lsF "$dir" /proc/[0-9]*/cmdline >/dev/null
}

say "What happened, in $took s"
first=$dir/first.log
second=$dir/second.log
row "the bootloader verified 1.0.0 and started it" in_order "$first" '^\[boot\] starting 1\.0\.0'
row "the publisher answered with a job for 2.0.0" \
    grep -qE 'job for .* version 2\.0\.0' "$dir/publisher.log"
row "the device downloaded all of it and found it good" \
    in_order "$first" '100 %' 'image is good'
row "the device reset itself and the bootloader swapped" \
    in_order "$first" '^\[board\] reset' '^\[boot\] test installation done' \
    '^\[boot\] starting 2\.0\.0'
row "2.0.0 passed its self-test and confirmed itself" \
    in_order "$first" 'starting 2\.0\.0' '2\.0\.0 is confirmed'
row "in flash: $after_first" test "$after_first" = "2.0.0, next swap: none"
row "3.0.0 was offered, downloaded and installed on trial" \
    in_order "$second" 'starting 2\.0\.0' '100 %' 'test installation done' 'starting 3\.0\.0'
row "3.0.0 failed its self-test and was not confirmed" \
    in_order "$second" 'starting 3\.0\.0' 'self-test failed' '^\[board\] reset'
row "the bootloader went back to 2.0.0, which runs" \
    in_order "$second" 'self-test failed' '^\[boot\] revert installation done' 'starting 2\.0\.0'
row "it told the publisher, which still offers 3.0.0, and did not take it again" \
    in_order "$dir/publisher.log" 'job for .* version 3\.0\.0' 'result .*Success' \
    'result .*Failure'
row "in flash: $after_second" test "$after_second" = "2.0.0, next swap: none"
row "nothing was left running" nothing_runs
[ "$failures" = 0 ] || die "$failures of these did not happen; --keep keeps the logs"

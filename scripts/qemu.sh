#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the firmware of ports/qemu, and runs it in QEMU.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'USAGE'
usage: scripts/qemu.sh [build | new [NAME=VALUE | NAME=@FILE]... | run [QEMU-OPTION]...]

build  tools, sources of lwIP and mbedTLS, a key pair, bootloader, application 1.0.0, 2.0.0 and
       3.0.0 (which hangs), signed: build-qemu/bin/application-VERSION.img
new    a board with 1.0.0: build-qemu/flash.bin, which is the whole board. The settings:
       transport=mqtt (or http, https), broker=10.0.2.2 (this machine, as QEMU's network shows it),
       port=1883, tls=yes, web=10.0.2.2, web_port=80, ca=@FILE, cert=@FILE, key=@FILE, check_s=10
run    QEMU on that flash, which keeps what happened; the console is here. Without a command: all
       three, keeping a board that exists. Further options are QEMU's: -s -S waits for gdb.

To update the board while it runs, with a broker on port 1883 of this machine:
  build/bin/ota-publisher -k QEMU_MPS2 -f build-qemu/bin/application-2.0.0.img
USAGE
}

flash=build-qemu/flash.bin
keys=build-qemu/keys
bin=build-qemu/bin

# of_board EXPRESSION: a value of the board file, in Python's words.
of_board() {
    python3 -c 'import json, sys
b = json.load(open("boards/qemu-mps2.json"))
print(eval(sys.argv[1]))' "$1"
}

build() {
    scripts/fetch-mcu-sources.sh
    [ -f build/CMakeCache.txt ] || cmake --preset release >/dev/null
    cmake --build build --target ota-imgtool ota-publisher ota-board ota-boot
    mkdir -p "$keys"
    [ -f "$keys/key.pem" ] || build/bin/ota-imgtool keygen -k "$keys/key.pem" -t ecdsa-p256
    openssl pkey -in "$keys/key.pem" -pubout -out "$keys/key.pub.pem"
    [ -f "$keys/key.pub.der" ] ||
        openssl pkey -in "$keys/key.pem" -pubout -outform DER -out "$keys/key.pub.der"
    cmake --preset qemu -DOTA_FIRMWARE_KEY="$PWD/$keys/key.pub.der" >/dev/null
    cmake --build --preset qemu
    for version in 1.0.0 2.0.0 3.0.0; do
        build/bin/ota-imgtool sign -k "$keys/key.pem" -v "$version" --pad-header \
            --board "$(of_board 'b["board"]')" -H "$(of_board 'b["header_size"]')" \
            -S "$(of_board 'b["areas"]["primary"]["size"]')" \
            --align "$(of_board 'b["boot"]["align"]')" -M "$(of_board 'b["boot"]["max_sectors"]')" \
            "$bin/application-$version.bin" "$bin/application-$version.img"
    done
}

new() {
    python3 ports/qemu/machine.py flash "$flash" "$bin/bootloader.bin" \
        "$bin/application-1.0.0.img" "$@"
}

case "${1:-}" in
build) build ;;
new) new "${@:2}" ;;
run) exec python3 ports/qemu/machine.py run "$flash" "${@:2}" ;;
"")
    build
    [ -f "$flash" ] || new
    exec python3 ports/qemu/machine.py run "$flash"
    ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac

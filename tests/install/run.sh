#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# usage: run.sh BUILD-FOLDER: installs into a fresh prefix, moves that elsewhere, and builds
# consumers against it with pkg-config and with find_package: one of the core, one of the ports of a
# host, and one written for the original.
set -euo pipefail
build=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
source=$(dirname "$(dirname "$here")")
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

fail() {
    echo "install: $*" >&2
    exit 1
}

cmake --install "$build" --prefix "$temp/first" >"$temp/log" || fail "cannot install: $(cat "$temp/log")"
mv "$temp/first" "$temp/prefix"
prefix=$temp/prefix

for header in "$source"/include/*/*.h; do
    [ -f "$prefix/include/${header#"$source"/include/}" ] || fail "$header is not installed"
done
for page in "$source"/docs/man/*.1; do
    [ -e "$page" ] || continue
    tool=$(basename "$page" .1)
    [ -f "$prefix/share/man/man1/$tool.1" ] || fail "$tool.1 is not installed"
    "$prefix/bin/$tool" --version >/dev/null || fail "the installed $tool does not start"
done
for board in "$source"/boards/*.json; do
    [ ! -e "$board" ] || [ -f "$prefix/share/libota/boards/$(basename "$board")" ] ||
        fail "$board is not installed"
done

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name libota.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046 # flags are words
cc -std=c11 -Wall -Werror "$here/consumer.c" -o "$temp/by-pkg-config" \
    $(pkg-config --cflags --libs libota) || fail "does not build with pkg-config"
"$temp/by-pkg-config" || fail "the program built with pkg-config fails"
pkg-config --exists libotaboot || fail "pkg-config does not find libotaboot"
board=$prefix/share/libota/boards/generic-swap.json
# shellcheck disable=SC2046
cc -std=c11 -Wall -Werror "$here/host.c" -o "$temp/host" $(pkg-config --cflags --libs libota-host) ||
    fail "a host's program does not build with pkg-config"
(cd "$temp" && ./host "$board") || fail "a host's program built with pkg-config fails"

{
    cmake -S "$here" -B "$temp/consumer" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" \
        -DEXAMPLE="$source/examples/compat" &&
        cmake --build "$temp/consumer"
} >"$temp/log" 2>&1 || fail "does not build with find_package: $(cat "$temp/log")"
"$temp/consumer/consumer" || fail "the program built with find_package fails"
(cd "$temp" && consumer/host "$board") || fail "a host's program built with find_package fails"
echo "install: $(find "$prefix" -type f | wc -l) files, both ways of using them work"

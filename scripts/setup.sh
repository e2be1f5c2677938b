#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs from apt what is missing on this machine to build, show and test libota.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/setup.sh [--list] [build|test]

Installs the Debian packages that are missing; does nothing when none is. Uses sudo when it is not
run by root, asks no questions.

  build    what the library, the tools, the examples and ./demo.sh need
  test     that, and what ./test.sh needs: test library, clang, checks, Cortex-M compiler and QEMU
           (default)
  --list   print the packages, install nothing
USAGE
}

# name: why it is needed
build_packages=(
    ca-certificates # TLS trust anchors of the system
    cmake           # build description
    gcc             # compiler
    libc6-dev       # C library headers
    libcurl4-openssl-dev # HTTP client
    libjansson-dev  # JSON in the tools
    libmbedtls-dev  # device cryptography: PSA Crypto
    libmicrohttpd-dev # HTTP server of the publisher
    libgnutls28-dev # its TLS
    libmosquitto-dev # MQTT client
    libssl-dev      # keys and signatures in the tools
    make            # what CMake builds with by default, in projects that use libota
    mosquitto       # MQTT broker of the demonstration and the tests
    libsystemd-dev  # D-Bus, for Bluetooth through BlueZ
    ninja-build     # build tool
    openssl         # takes the public key out of a key pair
    pkg-config      # finds the libraries
    python3         # checks, and tests with real processes
)
test_packages=(
    chromium              # the web page runs in it
    clang                 # second compiler, sanitizers, libFuzzer
    clang-format          # layout of the sources
    clang-tidy            # static analysis
    cppcheck              # static analysis
    curl                  # what a download takes at best, for bench/http
    dbus                  # private bus of the virtual radio
    dpkg-dev              # unpacks the sources of lwIP and mbedTLS for the firmware
    doxygen               # reference of the headers
    g++                   # the headers are usable from C++
    gcc-arm-none-eabi     # code size on a Cortex-M4
    git                   # the checks look at the files under version control
    libclang-rt-14-dev    # sanitizer and fuzzer runtime of clang
    libcmocka-dev         # unit tests
    lighttpd              # web server in tests
    libengine-pkcs11-openssl # signing keys in PKCS#11 tokens
    libnewlib-arm-none-eabi # C headers for the Cortex-M4
    mandoc                # checks the manual pages
    mosquitto-clients     # programs of others on the same broker
    nginx-light           # web server in tests and benchmarks
    nodejs                # steers the browser
    npm                   # gets what it is steered with
    opensc                # makes keys in a token
    pandoc                # pages of the site
    qemu-system-arm       # the machine that the firmware runs on
    softhsm2              # a token in software
    spin                  # verifies the model of the update protocol
    universal-ctags       # lengths of functions
    zlib1g-dev            # unpacks test vectors
)

list=0
group="test"
for arg in "$@"; do
    case "$arg" in
    build | test) group="$arg" ;;
    --list) list=1 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
    esac
done

packages=("${build_packages[@]}")
[ "$group" = build ] || packages+=("${test_packages[@]}")
if [ "$list" = 1 ]; then
    printf '%s\n' "${packages[@]}"
    exit 0
fi

command -v dpkg-query >/dev/null || {
    echo "setup: this script knows Debian and its relatives only. Install what" >&2
    echo "       'scripts/setup.sh --list' names with your package manager." >&2
    exit 1
}

missing=()
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' | sed -n 's/^installed //p')
for package in "${packages[@]}"; do
    # Other packages of Node.js bring npm with them.
    [ "$package" != npm ] || ! command -v npm >/dev/null || continue
    grep -qxF -e "$package" <<<"$installed" || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

# Not everybody may use sudo, and a fresh Debian may have none.
as_root=()
if [ "$(id -u)" != 0 ]; then
    as_root=(sudo)
    { command -v sudo >/dev/null && sudo true; } || {
        cat >&2 <<EOF
setup: these packages are missing, and only root can install them: ${missing[*]}
       Run this as root, for example with 'su', then go on as before:
         $(realpath "$0") $group
EOF
        exit 1
    }
fi

echo "setup: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 \
        -o DPkg::Lock::Timeout=120 -o Acquire::Retries=3 "$@" </dev/null >"$log" 2>&1
}
# A source that cannot be reached is no reason to stop: what counts is that the packages install.
apt update || true
# Says how long this is quiet for. With --assume-no apt-get works it out and stops.
amount=$("${as_root[@]}" env LC_ALL=C apt-get --assume-no -o DPkg::Lock::Timeout=120 \
    install --no-install-recommends "${missing[@]}" 2>/dev/null </dev/null |
    sed -n 's/^Need to get \(.*\) of archives\./\1/p') || true
[ -z "$amount" ] || echo "setup: apt fetches $amount"
apt install -y --no-install-recommends "${missing[@]}" || {
    cat "$log" >&2
    echo "setup: apt could not install the packages; its words are above." >&2
    exit 1
}

# These packages start a server for the whole machine; our scripts start their own on free ports.
for service in mosquitto nginx lighttpd; do
    [ -d /run/systemd/system ] || break
    [[ " ${missing[*]} " =~ \ $service(-light)?\  ]] || continue
    echo "setup: stopping the $service service that its package has just started"
    "${as_root[@]}" systemctl disable --now --quiet "$service.service" || true
done
echo "setup: done"

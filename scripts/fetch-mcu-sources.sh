#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Fetches the sources that the firmware is compiled from: lwIP and mbedTLS as Debian has them.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
    cat <<'USAGE'
usage: scripts/fetch-mcu-sources.sh [FOLDER]

Puts the Debian sources of lwIP and mbedTLS into FOLDER/lwip and FOLDER/mbedtls (default
build/mcu-sources), if they are not there yet. The versions are those of the distribution, checked
by apt's signatures. apt runs on lists and a configuration in FOLDER: the system's stay untouched.
USAGE
}

case "${1:-}" in
-h | --help) usage; exit 0 ;;
-*) usage >&2; exit 2 ;;
esac
folder=${1:-build/mcu-sources}
[ ! -e "$folder/done" ] || exit 0
mkdir -p "$folder/apt/lists/partial" "$folder/apt/cache/archives/partial" "$folder/apt/parts"
folder=$(realpath "$folder")

# The same repositories that the system has its Debian packages from, for sources.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
    sed -n "s|^Debian \(.*\)|deb-src [signed-by=$keyring] \1 main|p" | sort -u \
    >"$folder/apt/sources.list"
[ -s "$folder/apt/sources.list" ] || {
    echo "fetch-mcu-sources: apt knows no Debian repository. Add one, and run apt-get update." >&2
    exit 1
}

private=(-o "Dir::Etc::sourcelist=$folder/apt/sources.list"
    -o "Dir::Etc::sourceparts=$folder/apt/parts"
    -o "Dir::State::lists=$folder/apt/lists"
    -o "Dir::Cache=$folder/apt/cache"
    -o "APT::Sandbox::User=$(id -un)"
    -o Acquire::Retries=3 -o Acquire::Languages=none)
apt-get -qq "${private[@]}" update

# Debian's patches to lwIP add a port for hosts, which breaks the one for bare metal.
fetch() {
    local package=$1
    shift
    rm -rf "${folder:?}/$package" "$folder/download"
    mkdir "$folder/download"
    (cd "$folder/download" && apt-get -qq "${private[@]}" source --download-only "$package")
    dpkg-source --no-check --no-copy "$@" -x "$folder"/download/*.dsc "$folder/$package" >"$folder/$package.log"
    rm -rf "$folder/download"
}
fetch lwip --skip-patches
fetch mbedtls
rm -rf "$folder/apt"
touch "$folder/done"

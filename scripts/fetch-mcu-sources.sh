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

give_up() {
    cat >&2 <<EOF
fetch-mcu-sources: $1
  What this needs: a Debian mirror that apt knows, with sources as deb.debian.org has them.
  Without one: run 'apt-get source --download-only lwip mbedtls' on a machine that has one, and
  unpack what it fetched here:
    dpkg-source --skip-patches -x lwip_*.dsc $folder/lwip
    dpkg-source -x mbedtls_*.dsc $folder/mbedtls
    touch $folder/done
EOF
    exit 1
}

# The same repositories that the system has its Debian packages from, for sources. What they are is
# in apt's lists; images for containers come without those.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
repositories() {
    apt-get "$@" indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
        sed -n "s|^Debian \(.*\)|deb-src [signed-by=$keyring] \1 main|p" | sort -u \
            >"$folder/apt/sources.list"
    [ -s "$folder/apt/sources.list" ]
}
lists=(-o "Dir::State::lists=$folder/apt/lists" -o "APT::Sandbox::User=$(id -un)")
repositories || {
    apt-get -qq "${lists[@]}" update && repositories "${lists[@]}"
} || give_up "apt knows no Debian repository that answers."

private=("${lists[@]}"
    -o "Dir::Etc::sourcelist=$folder/apt/sources.list"
    -o "Dir::Etc::sourceparts=$folder/apt/parts"
    -o "Dir::Cache=$folder/apt/cache"
    -o Acquire::Retries=3 -o Acquire::Languages=none)
apt-get -qq "${private[@]}" update || give_up "apt cannot read the lists of sources."

# Debian's patches to lwIP add a port for hosts, which breaks the one for bare metal.
fetch() {
    local package=$1
    shift
    rm -rf "${folder:?}/$package" "$folder/download"
    mkdir "$folder/download"
    (cd "$folder/download" && apt-get -qq "${private[@]}" source --download-only "$package") ||
        give_up "apt cannot fetch the source of $package."
    dpkg-source --no-check --no-copy "$@" -x "$folder"/download/*.dsc "$folder/$package" \
        >"$folder/$package.log" || give_up "dpkg-source cannot unpack $package."
    rm -rf "$folder/download"
}
fetch lwip --skip-patches
fetch mbedtls
rm -rf "$folder/apt"
touch "$folder/done"

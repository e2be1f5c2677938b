#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes a throw-away certificate authority for tests, demonstrations and first steps.
set -euo pipefail

usage() {
    cat <<'USAGE'
usage: scripts/make-ca.sh [--days N] [--host NAME]... [--bad] DIR

Writes keys (EC P-256, without a password) and certificates in PEM to DIR, which is made if need
be. What is there already is replaced.

  ca.crt      ca.key       the authority: ca.crt is what --cafile wants
  server.crt  server.key   for a broker or web server on localhost, 127.0.0.1 and ::1
  client.crt  client.key   for a device or tool: --cert and --key

  --days N     how long they are good for (default 30)
  --host NAME  one more host name or address of the server; may be given again
  --bad        also what must be refused, each with its .key:
                 expired.crt     the server's, but its time is over
                 selfsigned.crt  the server's, but signed by itself
                 wronghost.crt   for wrong.example only
                 other-ca.crt    another authority of the same name
                 other.crt       the server's, by that other authority
                 stranger.crt    a client's, by that other authority

Whoever has ca.key can be anybody to those who trust ca.crt: use it for nothing that matters.
USAGE
}

die() {
    echo "make-ca: $*" >&2
    exit 2
}

days=30
bad=0
names="DNS:localhost,IP:127.0.0.1,IP:::1"
dir=""
while [ $# -gt 0 ]; do
    case "$1" in
    --days) days="${2:-}"; shift ;;
    --host)
        case "${2:-}" in
        "" | *[!A-Za-z0-9.:*-]*) die "'${2:-}' is no host name or address" ;;
        *:* | *[0-9].[0-9]*.[0-9]*.[0-9]*) names+=",IP:$2" ;;
        *) names+=",DNS:$2" ;;
        esac
        shift ;;
    --bad) bad=1 ;;
    -h | --help) usage; exit 0 ;;
    -*) die "unknown option $1; see --help" ;;
    *) [ -z "$dir" ] || die "one folder only; see --help"; dir="$1" ;;
    esac
    shift || die "an option lacks its value; see --help"
done
[ -n "$dir" ] || { usage >&2; exit 2; }
[[ "$days" =~ ^[1-9][0-9]{0,4}$ ]] || die "--days takes a number of days, not '$days'"
command -v openssl >/dev/null || die "openssl is not installed"

umask 077
mkdir -p "$dir"
cd "$dir"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# One of its own: what the system's openssl.cnf adds must not matter.
printf '[req]\ndistinguished_name = dn\n[dn]\n' >"$work/openssl.cnf"
export OPENSSL_CONF="$work/openssl.cnf"

run() {
    openssl "$@" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
}

key() {
    run genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

authority() { # file
    key "$1"
    run req -new -x509 -key "$1.key" -subj "/O=libota throw-away/CN=test authority" -days "$days" \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign" \
        -addext "subjectKeyIdentifier=hash" -out "$1.crt"
}

leaf() { # file, authority, common name, usage, names, days
    key "$1"
    {
        echo "basicConstraints=critical,CA:FALSE"
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=$4"
        [ -z "$5" ] || echo "subjectAltName=$5"
    } >"$work/extensions"
    run req -new -key "$1.key" -subj "/O=libota throw-away/CN=$3" -out "$work/request"
    local sign=(-CA "$2.crt" -CAkey "$2.key" -CAcreateserial -CAserial "$work/$2.serial")
    [ "$2" != "$1" ] || sign=(-signkey "$1.key")
    run x509 -req -in "$work/request" "${sign[@]}" -days "$6" -extfile "$work/extensions" \
        -out "$1.crt"
}

authority ca
leaf server ca localhost serverAuth "$names" "$days"
leaf client ca client clientAuth "" "$days"
if [ "$bad" = 1 ]; then
    authority other-ca
    leaf expired ca localhost serverAuth "$names" -1
    leaf selfsigned selfsigned localhost serverAuth "$names" "$days"
    leaf wronghost ca wrong.example serverAuth "DNS:wrong.example" "$days"
    leaf other other-ca localhost serverAuth "$names" "$days"
    leaf stranger other-ca client clientAuth "" "$days"
fi
chmod a+r ./*.crt

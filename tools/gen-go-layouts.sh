#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# gen-go-layouts.sh: generate gobin/layout_table.inc and gobin/wait_table.inc from
# programs built with every Go toolchain.
#
#   tools/gen-go-layouts.sh              fetch missing toolchains and write the tables
#   tools/gen-go-layouts.sh --check [VERSION...]
#                                        compare the tables with the cached toolchains; exit 1 on a difference
#
# BUILD names the build folder (default: build).
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
check=
if [ "${1-}" = --check ]; then
	check=1
	shift
	export CHANREC_FIXTURE_GO="$*"
fi
[ -n "$check" ] || tools/go-toolchains >/dev/null
make --no-print-directory BUILD="$build" "$build/tools/gen-go-layouts" >&2

list=$(mktemp)
tmp=$(mktemp -d)
trap 'rm -rf "$list" "$tmp"' EXIT
tests/gobin/build-fixtures "$build/gobin" default >"$list"
sed -n 's/^skip/gen-go-layouts.sh: skipped:/p' "$list" >&2
progs=$(awk '$1 != "skip" { print $3 }' "$list")
# shellcheck disable=SC2086
for what in layouts reasons; do
	"$build/tools/gen-go-layouts" $what $progs >"$tmp/$what"
done
if [ -z "$check" ]; then
	cp "$tmp/layouts" gobin/layout_table.inc
	cp "$tmp/reasons" gobin/wait_table.inc
	exit 0
fi
# There may be fewer toolchains than table entries, so compare entry by entry.
entries() { # FILE MINOR
	awk -v v="go1.$2" '/^\/\* go1/ { on = index($2, v ".") == 1 || $2 == v; next } /^static const struct/ { on = 0 } on' "$1"
}
rc=0
minors=$(awk '$1 != "skip" { sub(/^1\./, "", $1); print $1 }' "$list")
for v in $minors; do
	for pair in layouts:layout reasons:wait; do
		entries "$tmp/${pair%:*}" "$v" >"$tmp/new"
		entries "gobin/${pair#*:}_table.inc" "$v" >"$tmp/old"
		cmp -s "$tmp/new" "$tmp/old" || {
			echo "gen-go-layouts.sh: gobin/${pair#*:}_table.inc: the entry for go1.$v differs from what a build gives" >&2
			diff "$tmp/old" "$tmp/new" >&2 || :
			rc=1
		}
	done
done
exit $rc

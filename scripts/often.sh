#!/usr/bin/env bash
# Runs the tests of packages COUNT times (20), beside a busy loop on each processor, to find those that fail by chance.
# Without arguments it takes every package whose tests start a process, a database or a browser: hours of a machine, so
# that it may be given some of them an evening. It goes on after a failure, prints it, and ends with 1.
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
count=${COUNT:-20}

packages=("$@")
if ((${#packages[@]} == 0)); then
  mapfile -t packages < <("$go" list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... |
    grep -E ' (os/exec|[^ ]*/(pgtest|browsertest|testdisk))( |$)' | cut -d ' ' -f 1)
fi

loops=()
trap '((${#loops[@]} == 0)) || kill "${loops[@]}"' EXIT
for _ in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
  sh -c 'while :; do :; done' &
  loops+=($!)
done

failed=0
for package in "${packages[@]}"; do
  # One process has all rounds of a package, with one server of databases and one browser: what a round leaves behind
  # meets the next.
  "$go" test -count="$count" -vet=off -ldflags=-w -parallel 4 -failfast -timeout 0 "$package" || failed=1
done
exit $failed

#!/usr/bin/env bash
# Looks up what the program is made of among the known vulnerabilities of Go modules. Where their data
# cannot be reached it says that nothing was checked: that is no fault of what is being looked at.
set -euo pipefail

out=$(mktemp)
trap 'rm -f "$out"' EXIT
code=0
"${GO:-go}" run golang.org/x/vuln/cmd/govulncheck@v1.9.0 ./... >"$out" 2>&1 || code=$?
cat "$out"
if [[ $code -ne 0 ]] && grep -qE 'fetching vulnerabilities|vuln\.go\.dev.*(dial|lookup|timeout|refused|proxyconnect|Forbidden|HTTP)' "$out"; then
  echo "NOT CHECKED for known vulnerabilities: their data (https://vuln.go.dev) cannot be reached from here. Run make vulnerabilities where it can." >&2
  exit 0
fi
exit "$code"

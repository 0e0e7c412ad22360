#!/usr/bin/env bash
# fuzz.sh SECONDS: every fuzz target of the tree, each for so long. What is found
# is written to the package's testdata/fuzz and belongs into the repository.
set -uo pipefail
seconds=${1:-2}
count=0
failed=0
output=$(mktemp)
trap 'rm -f "$output"' EXIT

while IFS=: read -r file target; do
  package=./$(dirname "$file")
  count=$((count + 1))
  if go test -tags fuzz -run '^$' -fuzz "^$target\$" -fuzztime "${seconds}s" -parallel 2 "$package" >"$output" 2>&1; then
    echo "ok   $package $target: $(grep -oE 'execs: [0-9]+' "$output" | tail -n1)"
  # go test sometimes reports its own time limit as a failure of the target; a
  # real one always leaves the input that caused it, or says that it panicked.
  elif grep -q 'context deadline exceeded' "$output" && ! grep -qE 'Failing input|panic|fatal error|_test\.go:[0-9]+:' "$output"; then
    echo "ok   $package $target: $(grep -oE 'execs: [0-9]+' "$output" | tail -n1) (ended by the time limit)"
  else
    echo "FAIL $package $target"
    cat "$output"
    failed=$((failed + 1))
  fi
done < <(grep -rHoE --include='*_test.go' --exclude-dir=node_modules '^func Fuzz[A-Za-z0-9_]*' . | sed -E 's|^\./||; s|:func |:|' | sort)

echo "$count fuzz targets, $failed failed"
[ "$count" -gt 0 ] && [ "$failed" -eq 0 ]

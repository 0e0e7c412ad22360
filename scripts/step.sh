#!/usr/bin/env bash
# step.sh TITLE COMMAND...: runs one step of a longer run, with its name before
# and its duration behind.
set -uo pipefail
title=$1
shift
printf '== %s\n' "$title"
begin=$SECONDS
"$@"
code=$?
if [ $code -eq 0 ]; then
  printf -- '-- %s: passed in %d s\n' "$title" $((SECONDS - begin))
else
  printf -- '-- %s: FAILED after %d s\n' "$title" $((SECONDS - begin)) >&2
fi
exit $code

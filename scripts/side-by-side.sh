#!/bin/sh
# Runs npm scripts at once. The output of the first comes as it is written, that of each other one when those before it are over.
# Fails if one of them does.
set -u
cd "$(dirname "$0")/.."

first=$1
shift
outputs=$(mktemp -d)
others=
for script in "$@"; do
  npm run --silent "$script" >"$outputs/$script" 2>&1 &
  others="$others $script=$!"
done
# Without a terminal's job control, what runs in the background does not hear of Ctrl-C.
trap 'for other in $others; do kill "${other#*=}"; done; rm -rf "$outputs"; exit 1' INT TERM

status=0
npm run --silent "$first" || status=1
for other in $others; do
  wait "${other#*=}" || {
    echo "npm run ${other%%=*} failed"
    status=1
  }
  cat "$outputs/${other%%=*}"
done
rm -rf "$outputs"
exit "$status"

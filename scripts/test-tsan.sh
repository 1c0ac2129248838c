#!/bin/sh
# Tests with the addon under ThreadSanitizer. Arguments go to ava: the files in test/remote and test/threads, say.
#
# Node is not instrumented: what it does is not looked at, and its own locks between two threads are not known of, so a report is
# about the addon's code, whose threads meet nowhere but under its own locks. Without address randomization, as the sanitizer needs
# its places. A report counts wherever it appears: each process writes a file, and a file at the end is a failure.
set -eu
cd "$(dirname "$0")/.."

build=build-addon-tsan
reports="$PWD/$build/reports"
for command in configure build; do
  npx --no-install cmake-js "$command" --log-level warn --target addon --out "$build" --config RelWithDebInfo --parallel 4 \
    --CDSANITIZE=thread
done

addon=$(find "$PWD/$build" -name cotcp.node | head -n 1)
[ -n "$addon" ] || { echo "no cotcp.node below $build" >&2; exit 1; }
rm -rf "$reports"
mkdir -p "$reports"

export COTCP_ADDON="$addon"
export COTCP_SANITIZER=thread
export TSAN_OPTIONS="ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4:exitcode=0:log_path=$reports/tsan"

status=0
LD_PRELOAD="$(gcc -print-file-name=libtsan.so) $(gcc -print-file-name=libstdc++.so.6)" \
  setarch -R node node_modules/ava/entrypoints/cli.mjs --timeout=10m "$@" || status=$?

for report in "$reports"/*; do
  [ -e "$report" ] || continue
  echo "=== $(basename "$report")" >&2
  cat "$report" >&2
  status=1
done
[ "$status" -eq 0 ] && echo 'No sanitizer report.'
exit "$status"

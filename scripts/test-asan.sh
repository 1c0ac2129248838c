#!/bin/sh
# The whole test suite with the addon under AddressSanitizer and UBSan, compiled. Arguments go to ava; of test files, the sources.
#
# Node itself is not instrumented, so the runtime is preloaded, and leaks, of which V8 has plenty at exit, are not looked
# for. A report counts wherever it appears, also in a process that a test starts and expects to fail: each goes to a file,
# and a file at the end is a failure.
set -eu
cd "$(dirname "$0")/.."

build=build-addon-asan
reports="$PWD/$build/reports"
scripts/build-asan.sh

addon=$(find "$PWD/$build" -name cotcp.node | head -n 1)
[ -n "$addon" ] || { echo "no cotcp.node below $build" >&2; exit 1; }
rm -rf "$reports"
mkdir -p "$reports"

export COTCP_ADDON="$addon"
export COTCP_SANITIZER=address
# A huge allocation is to fail as it does without ASan; a test expects the RangeError.
export ASAN_OPTIONS="detect_leaks=0:allocator_may_return_null=1:strict_string_checks=1:log_path=$reports/asan"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$reports/ubsan"

for argument in "$@"; do
  shift
  case $argument in
    *.ts) set -- "$@" "build-ts/tree/${argument%.ts}.js" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
node scripts/type-script/compile-tests.mjs

status=0
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libstdc++.so.6)" \
  node node_modules/ava/entrypoints/cli.mjs --config ava.compiled.config.js --timeout=5m "$@" || status=$?

for report in "$reports"/*; do
  [ -e "$report" ] || continue
  echo "=== $(basename "$report")" >&2
  cat "$report" >&2
  status=1
done
[ "$status" -eq 0 ] && echo 'No sanitizer report.'
exit "$status"

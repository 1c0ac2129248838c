#!/bin/sh
# Tests with the addon under sanitizers. $1: which of them; the others go to ava, whose default is the whole suite.
#   address  ASan and UBSan
#   leak     the same, and what the addon has allocated and nobody can reach any more at the end of a process
#   thread   TSan: the files in test/remote and test/threads, say
#
# Node itself is not instrumented, so the runtime is preloaded. A report counts wherever it appears, also in a process that a
# test starts and expects to fail: each process writes a file, and a file at the end is a failure.
set -eu
cd "$(dirname "$0")/.."

kind=${1:-}
case $kind in
  address | leak) build=build-addon-asan runtime=libasan.so ;;
  thread) build=build-addon-tsan runtime=libtsan.so ;;
  *)
    echo "usage: $0 address|leak|thread [arguments of ava]" >&2
    exit 2
    ;;
esac
shift

if [ "$kind" = thread ]; then
  for command in configure build; do
    npx --no-install cmake-js "$command" --log-level warn --target addon --out "$build" --config RelWithDebInfo --parallel 4 \
      --CDSANITIZE=thread
  done
else
  scripts/build-asan.sh
fi

addon=$(find "$PWD/$build" -name cotcp.node | head -n 1)
[ -n "$addon" ] || { echo "no cotcp.node below $build" >&2; exit 1; }
reports="$PWD/$build/reports"
rm -rf "$reports"
mkdir -p "$reports"

export COTCP_ADDON="$addon"
# A huge allocation is to fail as it does without ASan; a test expects the RangeError.
asan="allocator_may_return_null=1:strict_string_checks=1:log_path=$reports/asan"
export UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1:log_path=$reports/ubsan"
wrapper=
case $kind in
  address)
    export COTCP_SANITIZER=address ASAN_OPTIONS="detect_leaks=0:$asan"
    ;;
  leak)
    # V8 leaves plenty behind at exit, which is no failure.
    export COTCP_SANITIZER=address ASAN_OPTIONS="detect_leaks=1:exitcode=0:$asan"
    ;;
  thread)
    # What node does is not looked at, and its own locks between two threads are not known of, so a report is about the addon's
    # code, whose threads meet nowhere but under its own locks.
    export COTCP_SANITIZER=thread
    export TSAN_OPTIONS="ignore_noninstrumented_modules=1:second_deadlock_stack=1:history_size=4:exitcode=0:log_path=$reports/tsan"
    # The sanitizer needs its places in the address space.
    wrapper='setarch -R'
    ;;
esac

# Of test files, the arguments are the sources.
for argument in "$@"; do
  shift
  case $argument in
    *.ts) set -- "$@" "build-ts/tree/${argument%.ts}.js" ;;
    *) set -- "$@" "$argument" ;;
  esac
done
node scripts/type-script/compile-tests.mjs

status=0
LD_PRELOAD="$(gcc -print-file-name=$runtime) $(gcc -print-file-name=libstdc++.so.6)" \
  $wrapper node node_modules/ava/entrypoints/cli.mjs --config ava.compiled.config.js --timeout=10m "$@" || status=$?

for report in "$reports"/*; do
  [ -e "$report" ] || continue
  if [ "$kind" = leak ]; then
    awk -f scripts/own-leaks.awk "$report" >"$report.own"
    mv "$report.own" "$report"
  fi
  [ -s "$report" ] || continue
  echo "=== $(basename "$report")" >&2
  cat "$report" >&2
  status=1
done
[ "$status" -eq 0 ] && echo 'No sanitizer report.'
exit "$status"

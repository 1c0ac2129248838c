#!/bin/sh
# Builds the native tests and runs them. $1: build folder; $2: sanitizers, e.g. address,undefined; $3: a pattern of
# names: then only those tests are built and run.
set -eu
cd "$(dirname "$0")/.."

build=$1
sanitize=${2:-}
pattern=${3:-.}

# A report must be a failure: UBSan would go on by default.
export ASAN_OPTIONS="${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:check_initialization_order=1}"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"
export TSAN_OPTIONS="${TSAN_OPTIONS:-halt_on_error=1:second_deadlock_stack=1}"

scripts/build-native.sh "$build" "$sanitize" "$pattern" native_tests
ctest --test-dir "$build" -R "$pattern" --output-on-failure --no-tests=error --timeout 120 --parallel 2

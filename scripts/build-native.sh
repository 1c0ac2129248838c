#!/bin/sh
# Builds targets of the core and its tests, optimized little. $1: build folder; $2: sanitizers, e.g. address,undefined; $3: the native
# tests there are, a pattern of names; then the targets.
set -eu
cd "$(dirname "$0")/.."

build=$1
sanitize=$2
pattern=$3
shift 3
cmake -S . -B "$build" --log-level=WARNING -DCMAKE_BUILD_TYPE=Debug -DSANITIZE="$sanitize" -DNATIVE_TESTS="$pattern"
cmake --build "$build" --parallel 2 --target "$@"

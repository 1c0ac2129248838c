#!/bin/sh
# Builds the addon under AddressSanitizer and UBSan, for test-sanitized.sh.
set -eu
cd "$(dirname "$0")/.."

# The core is that of `npm run test:native`.
core=build-native
scripts/build-native.sh "$core" address,undefined . core_base core_loop core_tcp

# A shared UBSan runtime beside that of ASan would ignore its log_path.
for command in configure build; do
  npx --no-install cmake-js "$command" --log-level warn --target addon --out build-addon-asan --config RelWithDebInfo --parallel 4 \
    --CDCORE_FROM="$PWD/$core" --CDSANITIZE=address,undefined --CDCMAKE_SHARED_LINKER_FLAGS=-static-libubsan
done

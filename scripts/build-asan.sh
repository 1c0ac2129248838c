#!/bin/sh
# Builds the addon under AddressSanitizer and UBSan, for test-asan.sh.
set -eu
cd "$(dirname "$0")/.."

# A shared UBSan runtime beside that of ASan would ignore its log_path.
for command in configure build; do
  npx --no-install cmake-js "$command" --log-level warn --target addon --out build-addon-asan --config RelWithDebInfo --parallel 4 \
    --CDSANITIZE=address,undefined --CDCMAKE_SHARED_LINKER_FLAGS=-static-libubsan
done

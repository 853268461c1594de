#!/usr/bin/env bash
# Formats every C and C++ file of ours in place.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.cpp' '*.h' '*.hpp' | xargs clang-format-16 -i

#!/bin/sh
# Compiles the provider and its tests for this machine, and runs them. `systemprompt plugin build` has to come first: it
# writes `bindings`, and names the compiler where there is none.
set -eu
cd "$(dirname "$0")/.."
zig=zig
for one in .venv/bin/python-zig .venv/bin/zig python-zig; do
  if command -v "$one" >/dev/null; then
    zig=$one
    break
  fi
done
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
# What is undefined in C stops it, as it does the plugin. Of `sdk`, all but `memory.c`, which is for WebAssembly.
ZIG_LOCAL_CACHE_DIR="$place/zig" "$zig" cc -std=c23 -Wall -Wextra -Werror -fsanitize=undefined -fsanitize-trap=undefined \
  -Isrc -Isdk -Ibindings -o "$place/tests" src/*.c sdk/[!m]*.c tests/*.c
"$place/tests"

#!/usr/bin/env bash
# Build the pinned CometBFT from the Go module proxy, once, into the user's cache, and check it.
# Prints the path of the program. The checksum database of Go vouches for the source.
set -euo pipefail
version=0.38.26
folder="${XDG_CACHE_HOME:-$HOME/.cache}/tongjian/cometbft-$version"
program="$folder/cometbft"
if [[ "$("$program" version 2> /dev/null)" != "$version"* ]]; then
  go="$(command -v go || command -v /usr/local/go/bin/go || true)"
  [[ -n "$go" ]] || {
    echo "make cometbft needs Go 1.22.11 or later (https://go.dev/dl, or apt-get install golang-go)" >&2
    echo "without it everything works but networks of several nodes" >&2
    exit 1
  }
  echo "cometbft: building v$version with $("$go" version | cut -d' ' -f3), about a minute" >&2
  mkdir -p "$folder"
  draft="$(mktemp -d "$folder/build.XXXXXX")"
  trap 'rm -rf "$draft"' EXIT
  GOBIN="$draft" nice -n 10 "$go" install "github.com/cometbft/cometbft/cmd/cometbft@v$version"
  mv "$draft/cometbft" "$program"
fi
got="$("$program" version)"
[[ "$got" == "$version"* ]] || {
  echo "$program says it is version $got, not $version; remove it and run make cometbft again" >&2
  exit 1
}
echo "$program"

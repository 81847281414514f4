#!/bin/sh
# Makes scenarios/images/sample.oci.tar: a small image of generated text files, for scenarios and
# tests that want a real archive. Same umoci, same bytes: all times are fixed, names are sorted.
# Needs umoci and GNU tar; run it as root, whose ids the layers then have.
set -eu

out=$(cd "$(dirname "$0")/.." && pwd)/scenarios/images/sample.oci.tar
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
created=2026-01-01T00:00:00Z
image=$work/layout:build

# lines COUNT WORD: deterministic text that compresses about as well as program text does.
lines() {
  awk -v count="$1" -v word="$2" 'BEGIN {
    state = length(word) * 7919
    for (i = 0; i < count; i++) {
      state = (state * 1103515245 + 12345) % 2147483648
      printf "%s %d %08x\n", word, i, state
    }
  }'
}

add() {
  find "$work/files" -exec touch -h -d "$created" {} +
  umoci insert --image "$image" --history.created "$created" --history.author sweepcheck \
    --history.created_by "sample layer $1" "$work/files/$1" "/$1"
}

mkdir -p "$work/files/etc" "$work/files/usr/lib" "$work/files/usr/bin" "$work/files/srv/data" \
  "$work/files/opt/app" "$(dirname "$out")"
lines 20 release >"$work/files/etc/release"
lines 40 service >"$work/files/etc/services"
lines 900 library >"$work/files/usr/lib/base.txt"
lines 300 program >"$work/files/usr/bin/program.txt"
lines 2000 record >"$work/files/srv/data/records.txt"
lines 100 setting >"$work/files/opt/app/settings.txt"

umoci init --layout "$work/layout"
umoci new --image "$image"
for layer in etc usr srv opt; do add "$layer"; done
umoci config --image "$image" --os linux --architecture amd64 --created "$created" \
  --config.label org.example.sample=1 --no-history --author sweepcheck
# umoci takes a tag without a colon only; the reference that containerd reads is written over it.
sed -i 's/"org.opencontainers.image.ref.name":"build"/"org.opencontainers.image.ref.name":"sample:1"/' \
  "$work/layout/index.json"
umoci gc --layout "$work/layout"

rm -f "$out"
tar --sort=name --mtime="$created" --owner=0 --group=0 --numeric-owner --mode=a=rX,u+w \
  --format=ustar -C "$work/layout" -cf "$out" blobs index.json oci-layout

// The texts that the model itself uses: label keys, namespaces, values. Each catalog interns all of
// them first and in this order, so their ids are known when the program is compiled, and using one
// looks nothing up.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "model/catalog/ids.hpp"

namespace sweepcheck {

struct Word {
  std::uint32_t number = 0;
  std::string_view text;

  constexpr StringId id() const { return static_cast<StringId>(number); }
  // A word is its text wherever a text is wanted.
  constexpr operator std::string_view() const { return text; }
  friend constexpr bool operator==(std::string_view text, const Word& word) {
    return text == word.text;
  }
};

/// Each text once; its place is its id.
inline constexpr auto kWords = [] {
  constexpr std::string_view kTexts[] = {
      "containerd.io/gc.expire",
      "containerd.io/gc.flat",
      "containerd.io/gc.root",
      "containerd.io/uncompressed",
      "containerd.io/snapshot.ref",
      "containerd.io/namespace.shareable",
      "io.cri-containerd.image",
      "io.cri-containerd.pinned",
      "managed",
      "pinned",
      "true",
      "k8s.io",
      "overlayfs",
      "active",
      "containerd.io/snapshot/diff-id",
      "containerd.io/snapshot/parent-chain-id",
      "containerd.io/gc.ref.content.config",
      "containerd.io/gc.ref.content.m.",
      "containerd.io/gc.ref.content.l.",
      "containerd.io/gc.ref.content.",
      "images",
      "application/vnd.oci.image.index.v1+json",
      "unknown/unknown",
      "io.cri-containerd.kind",
      "io.containerd.image.config.stop-signal",
      "SIGTERM",
      "linux/amd64",
      "",
  };
  std::array<Word, std::size(kTexts)> words;
  for (std::uint32_t i = 0; i < words.size(); ++i) words[i] = {i, kTexts[i]};
  return words;
}();

/// The word of this text; one that isn't among them doesn't compile.
consteval Word word(std::string_view text) {
  for (const Word& each : kWords) {
    if (each.text == text) return each;
  }
  throw "not in kWords";
}

inline constexpr Word kGcExpire = word("containerd.io/gc.expire");
inline constexpr Word kGcFlat = word("containerd.io/gc.flat");
inline constexpr Word kGcRoot = word("containerd.io/gc.root");
inline constexpr Word kUncompressed = word("containerd.io/uncompressed");
inline constexpr Word kSnapshotRef = word("containerd.io/snapshot.ref");
inline constexpr Word kShareable = word("containerd.io/namespace.shareable");
inline constexpr Word kCriManaged = word("io.cri-containerd.image");
inline constexpr Word kCriPinned = word("io.cri-containerd.pinned");
inline constexpr Word kManaged = word("managed");
inline constexpr Word kPinned = word("pinned");
inline constexpr Word kTrue = word("true");
/// The namespace that CRI works in.
inline constexpr Word kCriNamespace = word("k8s.io");
/// The snapshotter that clients use if none is given.
inline constexpr Word kDefaultSnapshotter = word("overlayfs");
inline constexpr Word kActive = word("active");
inline constexpr Word kDiffIdLabel = word("containerd.io/snapshot/diff-id");
inline constexpr Word kParentChainLabel = word("containerd.io/snapshot/parent-chain-id");
/// Bases of child labels (images/mediatypes.go ChildGCLabels).
inline constexpr Word kConfigLabel = word("containerd.io/gc.ref.content.config");
inline constexpr Word kManifestLabel = word("containerd.io/gc.ref.content.m.");
inline constexpr Word kLayerLabel = word("containerd.io/gc.ref.content.l.");
inline constexpr Word kOtherLabel = word("containerd.io/gc.ref.content.");
inline constexpr Word kImages = word("images");
inline constexpr Word kOciIndex = word("application/vnd.oci.image.index.v1+json");
inline constexpr Word kUnknownPlatform = word("unknown/unknown");
inline constexpr Word kContainerKind = word("io.cri-containerd.kind");
inline constexpr Word kStopSignal = word("io.containerd.image.config.stop-signal");
inline constexpr Word kSigterm = word("SIGTERM");
/// The platform of a node whose policy names no other.
inline constexpr Word kDefaultPlatform = word("linux/amd64");
inline constexpr Word kNoText = word("");

}  // namespace sweepcheck

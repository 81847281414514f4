// The texts that the model itself uses: label keys, namespaces, values. Each catalog interns all of
// them first and in this order, so their ids are known when the program is compiled, and using one
// looks nothing up.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "model/ids.hpp"

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

inline constexpr Word kGcExpire{0, "containerd.io/gc.expire"};
inline constexpr Word kGcFlat{1, "containerd.io/gc.flat"};
inline constexpr Word kGcRoot{2, "containerd.io/gc.root"};
inline constexpr Word kUncompressed{3, "containerd.io/uncompressed"};
inline constexpr Word kSnapshotRef{4, "containerd.io/snapshot.ref"};
inline constexpr Word kShareable{5, "containerd.io/namespace.shareable"};
inline constexpr Word kCriManaged{6, "io.cri-containerd.image"};
inline constexpr Word kCriPinned{7, "io.cri-containerd.pinned"};
inline constexpr Word kManaged{8, "managed"};
inline constexpr Word kPinned{9, "pinned"};
inline constexpr Word kTrue{10, "true"};
/// The namespace that CRI works in.
inline constexpr Word kCriNamespace{11, "k8s.io"};
/// The snapshotter that clients use if none is given.
inline constexpr Word kDefaultSnapshotter{12, "overlayfs"};
inline constexpr Word kActive{13, "active"};
inline constexpr Word kDiffIdLabel{14, "containerd.io/snapshot/diff-id"};
inline constexpr Word kParentChainLabel{15, "containerd.io/snapshot/parent-chain-id"};
/// Bases of child labels (images/mediatypes.go ChildGCLabels).
inline constexpr Word kConfigLabel{16, "containerd.io/gc.ref.content.config"};
inline constexpr Word kManifestLabel{17, "containerd.io/gc.ref.content.m."};
inline constexpr Word kLayerLabel{18, "containerd.io/gc.ref.content.l."};
inline constexpr Word kOtherLabel{19, "containerd.io/gc.ref.content."};
inline constexpr Word kImages{20, "images"};
inline constexpr Word kOciIndex{21, "application/vnd.oci.image.index.v1+json"};
inline constexpr Word kUnknownPlatform{22, "unknown/unknown"};
inline constexpr Word kContainerKind{23, "io.cri-containerd.kind"};
inline constexpr Word kStopSignal{24, "io.containerd.image.config.stop-signal"};
inline constexpr Word kSigterm{25, "SIGTERM"};
inline constexpr Word kNoText{26, ""};

inline constexpr std::array kWords{kGcExpire,
                                   kGcFlat,
                                   kGcRoot,
                                   kUncompressed,
                                   kSnapshotRef,
                                   kShareable,
                                   kCriManaged,
                                   kCriPinned,
                                   kManaged,
                                   kPinned,
                                   kTrue,
                                   kCriNamespace,
                                   kDefaultSnapshotter,
                                   kActive,
                                   kDiffIdLabel,
                                   kParentChainLabel,
                                   kConfigLabel,
                                   kManifestLabel,
                                   kLayerLabel,
                                   kOtherLabel,
                                   kImages,
                                   kOciIndex,
                                   kUnknownPlatform,
                                   kContainerKind,
                                   kStopSignal,
                                   kSigterm,
                                   kNoText};

static_assert([] {
  for (std::uint32_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i].number != i) return false;
  }
  return true;
}());

}  // namespace sweepcheck

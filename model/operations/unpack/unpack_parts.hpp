// What the ways of unpacking share: the names of half-made snapshots, and taking them away.
#pragma once

#include "model/operations/define_step.hpp"

namespace sweepcheck::steps {

/// The key of an extraction: containerd's has the time and a random part before the chain ID; here
/// it is "extract-<number> <chain ID>", the first that no snapshot has.
StringId extract_key(Machine& machine, StringId snapshotter, StringId chain);

/// Notes as read the snapshots that an extraction finds under the keys that were tried before
/// `key`.
void touch_taken_keys(StepTouches& touches, StringId snapshotter, StringId chain, StringId key);

/// Whoever unpacks takes a half-made snapshot away when it fails: the daemon's transfer service
/// also when its client is gone, a client's own library only while it lives.
struct DeferRemoval {
  static constexpr StepName kName = expands("defer removal");
  StringId key;

  Failure perform(Machine& machine) const;
  void touches(StepTouches&) const {}
};

}  // namespace sweepcheck::steps

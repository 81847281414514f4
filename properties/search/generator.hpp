// From a seed to worlds and histories, at full speed: numbers alone, no text. Any history can be
// drawn by itself: it follows from the seed, the number of its world and its own number.
//
// Steps are not independent of each other. What breaks a promise is mostly a short story (an
// operation is stopped, a collection comes, it goes on), so some steps plan those that follow.
#pragma once

#include <cstdint>
#include <vector>

#include "properties/search/history.hpp"

namespace sweepcheck {

/// SplitMix64, keyed by a seed and a stream: streams of one seed are independent.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed * 0x9e3779b97f4a7c15ULL) {
    state_ = next() ^ (stream * 0xbf58476d1ce4e5b9ULL);
    next();
  }

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// From 0 to bound - 1; 0 for bound 0.
  std::uint8_t below(std::uint32_t bound) {
    return static_cast<std::uint8_t>(((next() >> 32) * bound) >> 32);
  }
  /// True once in `chances`.
  bool once_in(std::uint32_t chances) { return ((next() >> 32) * chances) >> 32 == 0; }

 private:
  std::uint64_t state_;
};

struct GeneratorOptions {
  std::uint8_t node_count = 2;
  std::uint8_t image_count = kImageCountMax;
  std::uint32_t length = 30;
};

/// Images that share layers at the same and at other chain positions, equal diffs with other
/// compression, an index, two manifests with one config.
Declaration draw_declaration(Random random, const GeneratorOptions& options);

/// The steps of one history, into `steps`. Names that exist are drawn most of the time; one step in
/// eight takes whatever comes, so that failures happen, too.
void draw_steps(Random random, const Declaration& declaration, const GeneratorOptions& options,
                std::vector<HistoryStep>& steps);

}  // namespace sweepcheck

// When which of many nodes is due: a heap that knows where in it each node is, so that a node's
// time can be changed, and there is never more than one entry for each.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/catalog/ids.hpp"
#include "model/time.hpp"

namespace sweepcheck {

class DueNodes {
 public:
  /// No node is due, of so many that there are.
  void reset(std::size_t node_count) {
    heap_.clear();
    places_.assign(node_count, kNowhere);
  }
  /// How many nodes there are.
  std::size_t node_count() const { return places_.size(); }

  /// The node is due at this time, whatever was set before; negative: it is not.
  void set(NodeId node, Time time);

  bool empty() const { return heap_.empty(); }
  /// Of the nodes that are due first, the one that comes first. There must be one.
  NodeId first() const { return static_cast<NodeId>(heap_.front().second); }
  Time first_time() const { return heap_.front().first; }

 private:
  using Entry = std::pair<Time, std::uint32_t>;
  static constexpr std::uint32_t kNowhere = 0xffffffffU;

  void rise(std::uint32_t place, Entry entry);
  void sink(std::uint32_t place, Entry entry);
  void put(std::uint32_t place, Entry entry) {
    heap_[place] = entry;
    places_[entry.second] = place;
  }

  std::vector<Entry> heap_;
  /// By node: its place in the heap.
  std::vector<std::uint32_t> places_;
};

}  // namespace sweepcheck

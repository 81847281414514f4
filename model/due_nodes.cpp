#include "model/due_nodes.hpp"

namespace sweepcheck {

void DueNodes::set(NodeId node, Time time) {
  const std::uint32_t id = index_of(node);
  std::uint32_t place = places_[id];
  if (time < 0) {
    if (place == kNowhere) return;
    places_[id] = kNowhere;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (last.second == id) return;
    // The last takes the place that is free, and may have to go either way.
    sink(place, last);
    rise(places_[last.second], last);
    return;
  }
  const Entry entry{time, id};
  if (place == kNowhere) {
    place = static_cast<std::uint32_t>(heap_.size());
    heap_.push_back(entry);
    rise(place, entry);
  } else if (entry < heap_[place]) {
    rise(place, entry);
  } else {
    sink(place, entry);
  }
}

void DueNodes::rise(std::uint32_t place, Entry entry) {
  while (place > 0) {
    const std::uint32_t parent = (place - 1) / 2;
    if (heap_[parent] <= entry) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, entry);
}

void DueNodes::sink(std::uint32_t place, Entry entry) {
  const auto size = static_cast<std::uint32_t>(heap_.size());
  for (;;) {
    std::uint32_t child = 2 * place + 1;
    if (child >= size) break;
    if (child + 1 < size && heap_[child + 1] < heap_[child]) ++child;
    if (entry <= heap_[child]) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, entry);
}

}  // namespace sweepcheck

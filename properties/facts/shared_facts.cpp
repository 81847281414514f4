#include "properties/facts/shared_facts.hpp"

#include "properties/facts/image_facts.hpp"

namespace sweepcheck {
namespace {

bool find_served(const Moment& moment, BlobId target, When when) {
  for (std::size_t i = 0; i < moment.world.registries.size(); ++i) {
    const Registry& registry = moment.world.registries[i];
    const State& state = when == When::kBefore ? moment.registries_before[i] : registry.state;
    if (is_served(moment.catalog(), registry.host, state, target, fleet_platform(moment))) {
      return true;
    }
  }
  return false;
}

bool find_held(const Moment& moment, BlobId target, When when) {
  for (std::size_t i = 0; i < moment.world.nodes.size(); ++i) {
    const State& state = when == When::kBefore ? moment.before[i] : moment.world.nodes[i].state;
    if (is_on_node(moment.catalog(), state, target, fleet_platform(moment))) return true;
  }
  return false;
}

}  // namespace

void SharedFacts::begin(std::size_t image_count) {
  for (Known* known : {&before_, &after_}) {
    known->served.assign(image_count, Answer::kUnknown);
    known->held.assign(image_count, Answer::kUnknown);
  }
  reached_known_ = false;
}

void SharedFacts::step_begins() {
  before_.served = after_.served;
  before_.held = after_.held;
}

void SharedFacts::registries_changed() {
  after_.served.assign(after_.served.size(), Answer::kUnknown);
}

void SharedFacts::copies_changed() { after_.held.assign(after_.held.size(), Answer::kUnknown); }

bool SharedFacts::served(const Moment& moment, std::size_t image, When when) {
  Answer& answer = known(when).served[image];
  if (answer == Answer::kUnknown) {
    answer = find_served(moment, moment.images[image], when) ? Answer::kYes : Answer::kNo;
  }
  return answer == Answer::kYes;
}

bool SharedFacts::held(const Moment& moment, std::size_t image, When when) {
  Answer& answer = known(when).held[image];
  if (answer == Answer::kUnknown) {
    answer = find_held(moment, moment.images[image], when) ? Answer::kYes : Answer::kNo;
  }
  return answer == Answer::kYes;
}

const Bits& SharedFacts::reached(const Moment& moment) {
  if (!reached_known_) {
    naive_reachable(moment.catalog(), moment.profile(), *moment.collected, moment.world.now,
                    scratch_.naive, reached_);
    reached_known_ = true;
  }
  return reached_;
}

bool is_local_ctr(const Moment& moment) {
  const Request& request = moment.operation->request;
  const bool local = moment.profile().ctr_engine == Engine::kLocal;
  return request.by == Client::kDefault && request.local.value_or(local);
}

StringId fleet_platform(const Moment& moment) {
  return platform_of(moment.catalog(), moment.world.nodes.front());
}

bool served(const Moment& moment, std::size_t image, When when) {
  return moment.shared ? moment.shared->served(moment, image, when)
                       : find_served(moment, moment.images[image], when);
}

bool held(const Moment& moment, std::size_t image, When when) {
  return moment.shared ? moment.shared->held(moment, image, when)
                       : find_held(moment, moment.images[image], when);
}

const Bits& reached(const Moment& moment) {
  SWEEPCHECK_BELIEVE(moment.shared != nullptr, "a moment that is judged has shared facts");
  return moment.shared->reached(moment);
}

}  // namespace sweepcheck

// Scenarios drawn at random for real daemons, in two kinds: what clients do, in whole operations,
// and raw metadata, label graphs that hit the collector with a thousand objects at a time. A draw
// follows from its seed and number alone, and any part of its steps is a scenario, too, so that
// what differs can be shrunk.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "model/profile.hpp"
#include "properties/search/history.hpp"
#include "properties/search/policy_case.hpp"

namespace sweepcheck {

enum class RandomKind : std::uint8_t { kClients, kMetadata };

std::string_view random_kind_name(RandomKind kind);

/// A drawn scenario.
struct RandomScenario {
  std::size_t step_count = 0;
  /// The scenario file with those steps only whose bit is set; `about` is its sentence.
  std::function<std::string(const std::vector<bool>& kept, const std::string& about)> text;
};

/// A history that a real daemon can perform: one node, no client that stops between two of its
/// steps, no pull by the client library, no task; a daemon that is killed is started again at once.
/// `length` steps.
History draw_client_history(std::uint64_t seed, std::uint64_t number, std::uint32_t length,
                            const Profile& profile);

/// The profile under one of its policies (discard or keep, shared or isolated content), by turns.
PolicyCase random_policy(std::uint64_t number, const Profile& profile);

/// The `number`-th scenario of a seed. `length`: of kClients the steps, of kMetadata the objects
/// that are made before the first collection.
RandomScenario draw_scenario(RandomKind kind, std::uint64_t seed, std::uint64_t number,
                             std::uint32_t length, const Profile& profile);

}  // namespace sweepcheck

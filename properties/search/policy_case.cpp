#include "properties/search/policy_case.hpp"

#include <algorithm>
#include <array>

namespace sweepcheck {
namespace {

constexpr std::array<std::array<std::string_view, 2>, 3> kSettings{
    {{"keep", "discard"}, {"called", "scheduled"}, {"shared", "isolated"}}};

// Edits between two words, for the nearest name.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0U : 1U)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string known_settings() {
  std::string out;
  for (const std::string& known : policy_settings()) out += (out.empty() ? "" : ", ") + known;
  return out;
}

// Which dimension of the matrix a setting belongs to: 0 the profile, 1.. the others; -1: none.
int dimension_of(std::string_view setting) {
  if (find_profile(setting)) return 0;
  for (std::size_t i = 0; i < kSettings.size(); ++i) {
    if (setting == kSettings[i][0] || setting == kSettings[i][1]) return static_cast<int>(i) + 1;
  }
  return -1;
}

}  // namespace

std::vector<std::string_view> settings_of(std::string_view name) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t plus = name.find('+');
    parts.push_back(name.substr(0, plus));
    if (plus == std::string_view::npos) return parts;
    name.remove_prefix(plus + 1);
  }
}

Policy PolicyCase::flipped() const {
  Policy other = policy;
  other.cri.discard_unpacked_layers = !policy.cri.discard_unpacked_layers;
  return other;
}

PolicyCase make_policy_case(std::string name, const Profile& profile, Policy policy) {
  return {std::move(name), &profile, std::move(policy)};
}

std::vector<PolicyCase> policy_cases() {
  std::vector<PolicyCase> cases;
  for (const Profile& profile : profiles()) {
    for (PolicyCase& policy_case : policy_cases(profile)) cases.push_back(std::move(policy_case));
  }
  return cases;
}

std::vector<PolicyCase> policy_cases(const Profile& profile) {
  std::vector<PolicyCase> cases;
  for (unsigned bits = 0; bits < 8; ++bits) {
    const std::array<bool, 3> on{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0};
    Policy policy;
    policy.cri.discard_unpacked_layers = on[0];
    policy.scheduler.runs = on[1];
    // A collection soon after each deletion, and often enough to fall between steps.
    if (on[1]) policy.scheduler.mutation_threshold = 20;
    policy.content_sharing = on[2] ? ContentSharing::kIsolated : ContentSharing::kShared;
    std::string name(profile.name);
    for (std::size_t i = 0; i < on.size(); ++i) {
      name += "+" + std::string(kSettings[i][on[i] ? 1 : 0]);
    }
    cases.push_back({std::move(name), &profile, std::move(policy)});
  }
  return cases;
}

std::vector<PolicyCase> select_policies(const std::vector<std::string>& selections) {
  std::vector<PolicyCase> cases = policy_cases();
  if (selections.empty()) return cases;
  std::vector<const Profile*> releases;
  for (const std::string& selection : selections) {
    for (const std::string_view setting : settings_of(selection)) {
      const auto version = parse_version(setting);
      const Profile* release = version ? profile_at(*version) : nullptr;
      const bool known = std::find(releases.begin(), releases.end(), release) != releases.end();
      if (release != nullptr && !known) releases.push_back(release);
    }
  }
  for (const Profile* release : releases) {
    for (PolicyCase& policy_case : policy_cases(*release)) cases.push_back(std::move(policy_case));
  }
  std::erase_if(cases, [&](const PolicyCase& policy_case) {
    return std::none_of(selections.begin(), selections.end(), [&](const std::string& selection) {
      return matches_policy(policy_case, selection);
    });
  });
  return cases;
}

std::vector<std::string> policy_settings() {
  std::vector<std::string> out;
  for (const Profile& profile : profiles()) out.emplace_back(profile.name);
  for (const auto& pair : kSettings) {
    out.emplace_back(pair[0]);
    out.emplace_back(pair[1]);
  }
  return out;
}

bool matches_policy(const PolicyCase& policy_case, std::string_view selection) {
  const auto has = settings_of(policy_case.name);
  const auto wanted = settings_of(selection);
  return std::all_of(wanted.begin(), wanted.end(), [&](std::string_view setting) {
    return std::find(has.begin(), has.end(), setting) != has.end();
  });
}

std::optional<SelectionError> selection_error(std::string_view selection) {
  std::array<std::string_view, 4> chosen{};
  for (const std::string_view setting : settings_of(selection)) {
    const int dimension = dimension_of(setting);
    if (dimension < 0) {
      if (const auto version = parse_version(setting)) {
        return SelectionError{"no release " + std::string(setting) + " is known",
                              "the nearest is " + std::string(nearest_profile(*version).name) +
                                  ", of " + known_releases()};
      }
      std::string nearest;
      for (const std::string& known : policy_settings()) {
        if (nearest.empty() || distance(setting, known) < distance(setting, nearest)) {
          nearest = known;
        }
      }
      const bool near = distance(setting, nearest) <= std::max<std::size_t>(2, setting.size() / 3);
      return SelectionError{
          "no policy setting is called \"" + std::string(setting) + "\"",
          near ? "did you mean \"" + nearest + "\"?" : "known are " + known_settings()};
    }
    auto& other = chosen[static_cast<std::size_t>(dimension)];
    if (!other.empty() && other != setting) {
      return SelectionError{"\"" + std::string(other) + "\" and \"" + std::string(setting) +
                                "\" contradict each other",
                            "name one of them, or neither for both"};
    }
    other = setting;
  }
  return std::nullopt;
}

}  // namespace sweepcheck

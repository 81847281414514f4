// One column of the matrix that `sweepcheck check` prints: a containerd generation under one
// policy.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/policy.hpp"
#include "model/profile.hpp"

namespace sweepcheck {

struct PolicyCase {
  /// Its settings joined by '+': "containerd-2.1+discard+called+shared".
  std::string name;
  const Profile* profile = nullptr;
  Policy policy;

  /// The same with discard_unpacked_layers the other way round, as a restart may flip it.
  Policy flipped() const;
};

/// Every combination of profile, discard (keep, discard), collector (called: by steps only;
/// scheduled: also by itself) and content sharing (shared, isolated).
std::vector<PolicyCase> policy_cases();

/// The same for one profile.
std::vector<PolicyCase> policy_cases(const Profile& profile);

/// The cases that have all settings of one of the selections, or all if there are none. One that
/// names a release, "1.7.15+discard", has cases of that release. The selections must be valid.
std::vector<PolicyCase> select_policies(const std::vector<std::string>& selections);

/// The case of a profile of your own.
PolicyCase make_policy_case(std::string name, const Profile& profile, Policy policy = {});

/// All settings that names of cases are made of, for messages and completions. Besides, a release
/// stands for a profile.
std::vector<std::string> policy_settings();

/// The settings of a case's name, or of a selection: what stands between its '+'.
std::vector<std::string_view> settings_of(std::string_view name);

/// True if the case has all settings of a selection such as "containerd-2.1+discard".
bool matches_policy(const PolicyCase& policy_case, std::string_view selection);

/// Why a selection means no policy, and how to mend it.
struct SelectionError {
  std::string message;
  std::string hint;
};

/// What is wrong with a selection; nothing if it is one.
std::optional<SelectionError> selection_error(std::string_view selection);

}  // namespace sweepcheck

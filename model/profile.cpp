#include "model/profile.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "model/behaviours.hpp"

namespace sweepcheck {
namespace {

struct Name {
  std::string_view name;
  Version version;
  std::string_view help;
};

constexpr std::array<Name, 4> kNames{{
    {"containerd-1.6",
     {1, 6, 20},
     "Debian 12's containerd; no import discard, push needs every child locally"},
    {"containerd-1.7",
     {1, 7, 24},
     "Debian 13's containerd; import can discard, push mounts what is missing locally"},
    {"containerd-2.1",
     {2, 1, 9},
     "ctr and CRI use the transfer service; images expire and can be leased"},
    {"containerd-2.3", {2, 3, 4}, "adds back references, conditional references and prefix roots"},
}};

// A minor line's first and last release that the tables know.
struct Line {
  Version first;
  std::uint16_t last_patch;
};

constexpr std::array<Line, 7> kLines{{
    {{1, 6, 20}, 39},
    {{1, 7, 0}, 36},
    {{2, 0, 0}, 13},
    {{2, 1, 0}, 9},
    {{2, 2, 0}, 10},
    {{2, 3, 0}, 7},
    {{2, 4, 0}, 2},
}};

Profile evaluate(Version version, std::string_view release) {
  Profile profile;
  profile.name = release;
  profile.version = version;
  profile.release = release;
  profile.followed = heeded_meanings(version);
  profile.followed_flat = flat_meanings(version);
  profile.roots = root_kinds(version);
  profile.collectable = collected_kinds(version);
  for (const Behaviour& behaviour : behaviours()) apply(behaviour, profile);
  return profile;
}

// The tables at every release that they know, evaluated once; nothing changes afterwards.
struct Evaluated {
  std::deque<std::string> releases;
  std::vector<Profile> by_version;
  std::vector<Profile> named;

  Evaluated() {
    for (const Line& line : kLines) {
      for (Version version = line.first; version.patch <= line.last_patch; ++version.patch) {
        by_version.push_back(evaluate(version, releases.emplace_back(format_version(version))));
        by_version.back().help = "the rules of this release, as the tables have them";
      }
    }
    for (const Name& name : kNames) {
      named.push_back(*at(name.version));
      named.back().name = name.name;
      named.back().help = name.help;
    }
  }

  const Profile* at(Version version) const {
    const auto found = std::lower_bound(
        by_version.begin(), by_version.end(), version,
        [](const Profile& profile, Version wanted) { return profile.version < wanted; });
    return found != by_version.end() && found->version == version ? &*found : nullptr;
  }
};

const Evaluated& evaluated() {
  static const Evaluated kEvaluated;
  return kEvaluated;
}

}  // namespace

std::span<const Profile> profiles() { return evaluated().named; }

const Profile* profile_at(Version version) { return evaluated().at(version); }

const Profile* find_profile(std::string_view name) {
  for (const Profile& profile : profiles()) {
    if (profile.name == name) return &profile;
  }
  const auto version = parse_version(name);
  return version ? profile_at(*version) : nullptr;
}

const Profile& nearest_profile(Version version) {
  const auto& known = evaluated().by_version;
  const auto above =
      std::upper_bound(known.begin(), known.end(), version,
                       [](Version wanted, const Profile& p) { return wanted < p.version; });
  return above == known.begin() ? known.front() : *(above - 1);
}

std::string known_releases() {
  std::string out;
  for (const Line& line : kLines) {
    Version last = line.first;
    last.patch = line.last_patch;
    if (!out.empty()) out += ", ";
    out += format_version(line.first) + " to " + format_version(last);
  }
  return out;
}

}  // namespace sweepcheck

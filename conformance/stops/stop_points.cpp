#include "conformance/stops/stop_points.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace sweepcheck {
namespace {

/// How a step's subject stands in the call.
enum class Subject : std::uint8_t {
  /// Not at all: leases have random names.
  kNone,
  /// As it is: a name, a digest.
  kPlain,
  /// "layer-sha256:...", "tar-blobs/sha256/...": the digest without its algorithm.
  kHex,
  /// "extract-123 sha256:...": the key ends with the chain ID.
  kExtraction,
};

struct CallStep {
  std::string_view step;
  std::string_view method;
  Subject subject;
  /// What else tells the call from others of its method.
  std::string_view text = {};
  std::string_view begins = {};
  std::string_view begins_not = {};
};

// Of WriteContentRequest, whose field 1 is the action; STAT is 0 and left out.
constexpr std::string_view kAction = "\x08";
constexpr std::string_view kWriteAction = "\x08\x01";
constexpr std::string_view kCommitAction = "\x08\x02";

constexpr std::array kCallSteps{
    CallStep{"create lease", "leases.v1.Leases/Create", Subject::kNone},
    CallStep{"delete lease", "leases.v1.Leases/Delete", Subject::kNone},
    CallStep{"open content", "content.v1.Content/Write", Subject::kHex, {}, {}, kAction},
    CallStep{"open member", "content.v1.Content/Write", Subject::kHex, {}, {}, kAction},
    CallStep{"commit content", "content.v1.Content/Write", Subject::kHex, {}, kCommitAction},
    CallStep{"commit member", "content.v1.Content/Write", Subject::kHex, {}, kCommitAction},
    CallStep{"label children", "content.v1.Content/Update", Subject::kPlain,
             "containerd.io/gc.ref.content."},
    CallStep{"label source", "content.v1.Content/Update", Subject::kPlain,
             "containerd.io/distribution.source."},
    CallStep{"label uncompressed", "content.v1.Content/Update", Subject::kPlain,
             "containerd.io/uncompressed"},
    CallStep{"label config", "content.v1.Content/Update", Subject::kPlain,
             "containerd.io/gc.ref.snapshot."},
    CallStep{"stat snapshot", "snapshots.v1.Snapshots/Stat", Subject::kPlain},
    CallStep{"prepare snapshot", "snapshots.v1.Snapshots/Prepare", Subject::kExtraction},
    CallStep{"commit snapshot", "snapshots.v1.Snapshots/Commit", Subject::kExtraction},
    CallStep{"remove snapshot", "snapshots.v1.Snapshots/Remove", Subject::kExtraction},
    CallStep{"apply layer", "diff.v1.Diff/Apply", Subject::kPlain},
    CallStep{"store image", "images.v1.Images/Create", Subject::kPlain},
    CallStep{"delete image", "images.v1.Images/Delete", Subject::kPlain},
    CallStep{"create container", "containers.v1.Containers/Create", Subject::kPlain},
    CallStep{"delete container", "containers.v1.Containers/Delete", Subject::kPlain},
};

// "sha256:12ab" as it stands in a call. What is not a valid digest is a name of a scenario's own.
std::string in_call(Subject subject, const std::string& text) {
  const std::size_t colon = text.find("sha256:");
  if (subject == Subject::kPlain || colon != 0) return text;
  return subject == Subject::kHex ? text.substr(7) : " " + text;
}

StopPoint call_point(const CallStep& call, const std::string& subject) {
  CallPoint point{.method = "/containerd.services." + std::string(call.method),
                  .begins = std::string(call.begins),
                  .begins_not = std::string(call.begins_not)};
  if (call.subject != Subject::kNone) point.texts.push_back(in_call(call.subject, subject));
  if (!call.text.empty()) point.texts.emplace_back(call.text);
  return point;
}

StopPoint request_point(const std::string& what, const std::string& subject) {
  if (what == "put manifest") {
    // Whether by its digest or its tag, the step does not say.
    return HoldPoint{.method = "PUT", .path_part = "/manifests/", .in_body = false};
  }
  if (what == "head blob") {
    return HoldPoint{.method = "HEAD", .path_part = "/blobs/" + subject, .in_body = false};
  }
  if (what == "resolve") {
    const char before = subject.find('@') == std::string::npos ? ':' : '@';
    const std::string version = subject.substr(subject.rfind(before) + 1);
    return HoldPoint{.method = "HEAD", .path_part = "/manifests/" + version, .in_body = false};
  }
  if (what == "get content") return HoldPoint{.path_part = "/" + subject, .in_body = false};
  if (what == "write content") return HoldPoint{.path_part = "/" + subject};
  return {};
}

}  // namespace

CallPoint second_part() {
  return {.method = "/containerd.services.content.v1.Content/Write",
          .begins = std::string(kWriteAction),
          .passes = 1};
}

StopPoint stop_point(const std::string& step, bool writes, Catalog& names) {
  if (step == "clean backend") return CleanUpPoint{};
  const auto call = std::find_if(kCallSteps.begin(), kCallSteps.end(), [&](const CallStep& known) {
    return step.starts_with(known.step) &&
           (step.size() == known.step.size() || step[known.step.size()] == ' ');
  });
  // "extract-1 chain:base" is known by its chain, and everything else by one word, too.
  const std::size_t space = step.rfind(' ');
  if (space == std::string::npos) return {};
  const std::string subject = names.resolve(step.substr(space + 1));
  if (call != kCallSteps.end()) return call_point(*call, subject);
  const std::string what = step.substr(0, space);
  if (what == "write member") return InputPoint{subject};
  if (what == "write content" && writes) return InputPoint{};
  return request_point(what, subject);
}

}  // namespace sweepcheck

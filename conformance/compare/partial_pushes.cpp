#include "conformance/compare/partial_pushes.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "conformance/perform/performer.hpp"

namespace sweepcheck {
namespace {

bool is_blob_line(const std::string& line) {
  return line.starts_with("blob ") || line.find(" blob ") != std::string::npos;
}

// "lib/app blob layer:a"
std::string_view blob_of(const std::string& line) {
  return std::string_view(line).substr(line.rfind(' ') + 1);
}

bool names_blob(const std::string& request, std::string_view blob) {
  for (std::size_t at = request.find(blob); at != std::string::npos;
       at = request.find(blob, at + 1)) {
    const std::size_t end = at + blob.size();
    const bool begins = at > 0 && (request[at - 1] == '/' || request[at - 1] == '=');
    if (begins && (end == request.size() || request[end] == ' ' || request[end] == '&')) {
      return true;
    }
  }
  return false;
}

// An upload's session has no digest in its path.
bool is_upload(const std::string& request) {
  return request.find("/blobs/uploads/ ") != std::string::npos;
}

std::string push_host(const ScenarioStep& step, Catalog& names) {
  const Arguments arguments(step, names);
  const std::string to = arguments.text("to");
  const std::string reference = to.empty() ? arguments.subject() : to;
  return reference.substr(0, reference.find('/'));
}

}  // namespace

void PartialPushes::begin_step(const ScenarioStep& step, Catalog& names) {
  host_.clear();
  handle_ = step.handle;
  if (step.operation) {
    hosts_by_handle_.erase(step.handle);
    if (step.operation->name != "push") return;
    host_ = push_host(step, names);
    if (!step.handle.empty()) hosts_by_handle_[step.handle] = host_;
  } else if (step.kind == ActionKind::kResume) {
    const auto pushed = hosts_by_handle_.find(step.handle);
    if (pushed != hosts_by_handle_.end()) host_ = pushed->second;
  }
  if (!host_.empty()) pushed_to_.insert(host_);
}

void PartialPushes::step_failed() {
  if (host_.empty()) return;
  failed_to_.insert(host_);
  hosts_by_handle_.erase(handle_);
}

void PartialPushes::take_from_stored(StateDifference& stored, const std::string& host) {
  const std::set<std::string> before = std::move(unsure_[host]);
  const bool failed = failed_to_.contains(host);
  std::set<std::string> now;
  const auto is_unsure = [&](const std::string& line) {
    const bool unsure = before.contains(line) || (failed && is_blob_line(line));
    if (unsure) now.insert(line);
    return unsure;
  };
  std::erase_if(stored.only_model, is_unsure);
  std::erase_if(stored.only_daemon, is_unsure);
  if (now.empty()) {
    unsure_.erase(host);
  } else {
    unsure_[host] = std::move(now);
  }
}

void PartialPushes::take_from_requests(StateDifference& requests, const std::string& host) const {
  if (failed_to_.contains(host)) {
    requests = {};
    return;
  }
  // A client stops all that it does side by side when one thing fails, but not at the same moment.
  if (failed_before_.contains(host)) {
    std::erase_if(requests.only_daemon, [](const std::string& request) {
      return request.find("/blobs/") != std::string::npos;
    });
  }
  const auto before = unsure_before_.find(host);
  if (before == unsure_before_.end() || !pushed_to_.contains(host)) return;
  const auto is_unsure = [&](const std::string& request) {
    return is_upload(request) ||
           std::any_of(before->second.begin(), before->second.end(),
                       [&](const auto& line) { return names_blob(request, blob_of(line)); });
  };
  std::erase_if(requests.only_model, is_unsure);
  std::erase_if(requests.only_daemon, is_unsure);
}

void PartialPushes::compared() {
  pushed_to_.clear();
  failed_before_ = std::exchange(failed_to_, {});
  unsure_before_ = unsure_;
}

}  // namespace sweepcheck

#include "conformance/compare/comparison.hpp"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <iterator>
#include <map>
#include <set>

#include "model/catalog/label.hpp"

namespace sweepcheck {
namespace {

using Display = std::function<std::string(const std::string&)>;

constexpr std::string_view kTemporary = "(temporary)";

// To ten minutes: a real run takes seconds, in which simulated time stands still.
std::string rounded(Time time) {
  constexpr Duration kGrain = 600 * kSecond;
  return format_rfc3339((time + kGrain / 2) / kGrain * kGrain).substr(0, 16);
}

// What a label says, without what can't agree.
std::string label_text(const std::string& key, const std::string& value) {
  const auto time = parse_rfc3339(value);
  if (key == kGcExpire && time) return key + "=" + rounded(*time);
  if (key.starts_with(kGcRoot) && time) return key + "=(time)";
  return key + "=" + value;
}

// "extract-1 chain:base" and "extract-123456-AbCd chain:base" are both an extraction of it.
std::string plain_key(const std::string& text) {
  const std::size_t at = text.find("extract-");
  const std::size_t space = at == std::string::npos ? at : text.find(' ', at);
  if (space == std::string::npos) return text;
  return text.substr(0, at) + "extract" + text.substr(space);
}

std::string name_of(const StoreRecord& record) {
  if (record.kind == "lease" && is_temporary_lease(record.name)) return std::string(kTemporary);
  return plain_key(record.name);
}

// 1.x keeps no expected digest of an ingest that has bytes, and no API tells expireat.
bool is_compared(const StoreRecord& record, const std::string& field) {
  return record.kind != "ingest" || (field != "expireat" && field != "expected");
}

// Neither the host that a mirror is asked for (?ns=) nor an upload's session.
std::string plain_path(std::string path) {
  const std::size_t host = path.find("ns=");
  if (host != std::string::npos && host > 0 && (path[host - 1] == '?' || path[host - 1] == '&')) {
    const std::size_t end = path.find('&', host);
    path = end == std::string::npos ? path.substr(0, host - 1)
                                    : path.substr(0, host) + path.substr(end + 1);
  }
  const std::size_t at = path.find("/blobs/uploads/");
  if (at == std::string::npos) return path;
  const std::size_t query = path.find("mount=");
  const std::size_t end = at + std::string_view("/blobs/uploads/").size();
  return path.substr(0, end) + (query == std::string::npos ? "" : "?" + path.substr(query));
}

// %3A, as clients write a digest in a query.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Labels and references of a record, which tell one generated blob from another.
std::string signature_of(const StoreRecord& record) {
  std::string out = record.space + " " + record.kind;
  for (const auto& [key, value] : record.labels) out += "\n" + label_text(key, value);
  for (const auto& [key, value] : record.fields) out += "\n" + key + " " + value;
  return out;
}

bool is_unnamed(const StoreRecord& record) { return record.name.starts_with("sha256:"); }

void rename(NodeStore& store, const std::string& from, const std::string& to) {
  const auto replace = [&](std::string& text) {
    const std::size_t at = text.find(from);
    if (at != std::string::npos) text.replace(at, from.size(), to);
  };
  for (StoreRecord& record : store.records) {
    replace(record.name);
    for (auto& [key, value] : record.labels) replace(value);
    for (auto& [key, value] : record.fields) replace(value);
    for (std::string& resource : record.resources) replace(resource);
  }
  for (std::string& file : store.blob_files) replace(file);
}

// "import-2026-11-23@...", as ctr names what has no name, with the day of the simulation.
std::string simulated_import(const std::string& name, Duration clock_offset) {
  constexpr std::string_view kPrefix = "import-";
  constexpr std::size_t kDateLength = 10;
  if (!name.starts_with(kPrefix)) return name;
  const auto day = parse_rfc3339(name.substr(kPrefix.size(), kDateLength) + "T00:00:00Z");
  if (!day) return name;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const Time latest = std::min(*day + 24 * kHour - 1,
                               std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  return std::string(kPrefix) + format_rfc3339(latest - clock_offset).substr(0, kDateLength) +
         name.substr(kPrefix.size() + kDateLength);
}

}  // namespace

void hide_unlisted(NodeStore& model) {
  std::erase_if(model.records, [&](const StoreRecord& record) {
    return record.kind == "ingest" &&
           std::none_of(model.ingest_files.begin(), model.ingest_files.end(),
                        [&](const StoreFile& file) {
                          return file.space == record.space && file.name == record.name;
                        });
  });
}

StateLines node_lines(const NodeStore& store) {
  StateLines lines;
  for (const StoreRecord& record : store.records) {
    const std::string head =
        record.space + " " + record.kind + (record.name.empty() ? "" : " " + name_of(record));
    // Whether a namespace exists shows only when it has labels: it comes with its first record.
    if (record.kind != "namespace") lines.push_back(head);
    for (const auto& [key, value] : record.labels) {
      // Empty values are not stored (boltutil.WriteLabels).
      if (!value.empty()) lines.push_back(head + " label " + plain_key(label_text(key, value)));
    }
    for (const auto& [key, value] : record.fields) {
      if (is_compared(record, key)) lines.push_back(head + " " + key + " " + plain_key(value));
    }
    for (const std::string& resource : record.resources) {
      lines.push_back(head + " resource " + plain_key(resource));
    }
    if (record.running) lines.push_back(head + " running");
  }
  for (const std::string& file : store.blob_files) lines.push_back("disk blob " + file);
  for (std::size_t i = 0; i < store.ingest_files.size(); ++i) lines.emplace_back("disk ingest");
  for (const StoreFile& directory : store.snapshot_directories) {
    lines.push_back("disk snapshot " + directory.name.substr(0, directory.name.find('/')));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

StateLines registry_lines(const RegistryStore& store) {
  StateLines lines;
  for (const std::string& blob : store.blobs) lines.push_back("blob " + blob);
  for (const auto& [name, repository] : store.repositories) {
    for (const std::string& digest : repository.manifests) {
      lines.push_back(name + " manifest " + digest);
    }
    for (const std::string& digest : repository.layers) lines.push_back(name + " blob " + digest);
    for (const auto& [tag, digest] : repository.tags) {
      lines.push_back(name + " tag " + tag + " " + digest);
    }
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

StateLines request_lines(const std::vector<HttpRequest>& log) {
  StateLines lines;
  for (const HttpRequest& request : log) {
    lines.push_back(std::string(request.method) + " " + plain_path(request.path) + " " +
                    std::to_string(request.status));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

StateLines request_lines(const std::vector<SeenRequest>& log, const Display& display) {
  StateLines lines;
  for (const SeenRequest& request : log) {
    lines.push_back(request.method + " " + plain_path(display(unescaped(request.path))) + " " +
                    std::to_string(request.status));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

StateDifference compare(const StateLines& model, const StateLines& daemon) {
  StateDifference difference;
  std::set_difference(model.begin(), model.end(), daemon.begin(), daemon.end(),
                      std::back_inserter(difference.only_model));
  std::set_difference(daemon.begin(), daemon.end(), model.begin(), model.end(),
                      std::back_inserter(difference.only_daemon));
  return difference;
}

void translate(NodeStore& store, const Display& display, Duration clock_offset) {
  for (StoreRecord& record : store.records) {
    record.name = display(record.name);
    if (record.kind == "image") record.name = simulated_import(record.name, clock_offset);
    for (auto& [key, value] : record.labels) {
      const auto time = key == kGcExpire ? parse_rfc3339(value) : std::nullopt;
      value = time ? format_rfc3339(*time - clock_offset) : display(value);
    }
    for (auto& [key, value] : record.fields) value = display(value);
    for (std::string& resource : record.resources) resource = display(resource);
  }
  for (std::string& file : store.blob_files) file = display(file);
  sort_store(store);
}

void translate(RegistryStore& store, const Display& display) {
  for (std::string& blob : store.blobs) blob = display(blob);
  for (auto& [name, repository] : store.repositories) {
    for (std::string& digest : repository.manifests) digest = display(digest);
    for (std::string& digest : repository.layers) digest = display(digest);
    for (auto& [tag, digest] : repository.tags) digest = display(digest);
  }
  sort_store(store);
}

void match_unknown(const NodeStore& model, NodeStore& daemon) {
  // Each round may make the next possible: an index is known by the manifest that it lists.
  for (bool changed = true; changed;) {
    changed = false;
    std::set<std::string> known;
    for (const StoreRecord& record : daemon.records) known.insert(record.name);
    std::map<std::string, std::set<std::string>> candidates;
    std::map<std::string, std::size_t> alike;
    for (const StoreRecord& record : model.records) {
      if (record.kind == "content" && !known.contains(record.name)) {
        candidates[signature_of(record)].insert(record.name);
      }
    }
    for (const StoreRecord& record : daemon.records) {
      if (record.kind == "content" && is_unnamed(record)) ++alike[signature_of(record)];
    }
    // Those that nothing tells apart, as many on either side, come last: any order is right.
    for (const bool ties : {false, true}) {
      for (const StoreRecord& record : daemon.records) {
        if (changed || record.kind != "content" || !is_unnamed(record)) continue;
        const auto found = candidates.find(signature_of(record));
        if (found == candidates.end()) continue;
        const std::size_t count = found->second.size();
        if (count != 1 && !(ties && count == alike[found->first])) continue;
        const std::string from = record.name;
        rename(daemon, from, *found->second.begin());
        changed = true;
        break;
      }
    }
  }
  sort_store(daemon);
}

}  // namespace sweepcheck

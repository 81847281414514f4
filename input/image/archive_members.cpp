// Members of an archive and of a folder, with the checks that make a hostile one harmless: nothing
// is ever written or looked up by a member's name, so a bad name can only confuse a reader of ours
// or the next tool; it is refused all the same.
#include "input/image/archive_members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "input/image/tar_stream.hpp"
#include "input/utf8.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kNameBytesMax = 4096;

// "a//./b" becomes "a/b". Nothing if the name is absolute, leaves the archive's root, or isn't
// text.
std::optional<std::string> normal_name(std::string_view name) {
  if (name.starts_with('/') || name.size() > kNameBytesMax || !is_utf8(name)) return std::nullopt;
  std::vector<std::string_view> parts;
  while (!name.empty()) {
    const std::size_t length = std::min(name.find('/'), name.size());
    const std::string_view part = name.substr(0, length);
    name.remove_prefix(std::min(length + 1, name.size()));
    if (part.empty() || part == ".") continue;
    if (part == ".." && parts.empty()) return std::nullopt;
    if (part == "..") {
      parts.pop_back();
    } else {
      parts.push_back(part);
    }
  }
  return fmt::format("{}", fmt::join(parts, "/"));
}

// A member's own name may not go up at all: tools disagree about what "a/../b" is.
std::optional<std::string> member_name(std::string_view name) {
  const bool goes_up = name == ".." || name.starts_with("../") || name.ends_with("/..") ||
                       name.find("/../") != std::string_view::npos;
  return goes_up ? std::nullopt : normal_name(name);
}

// A document starts with a bracket; so may a tar whose first file is named so, but a tar has its
// magic in its first header.
bool looks_like_document(std::string_view first) {
  constexpr std::size_t kTarMagicOffset = 257;
  const std::size_t at = first.find_first_not_of(" \t\r\n");
  if (at == std::string_view::npos || (first[at] != '{' && first[at] != '[')) return false;
  return first.size() < kTarMagicOffset || !first.substr(kTarMagicOffset).starts_with("ustar");
}

LayerFacts measure_layer(ByteSource& from, ArchiveBudgets& budgets) {
  LayerFacts facts;
  DecompressedSource decompressed(from);
  HashedSource tar_bytes(decompressed, &budgets.layers);
  facts.compressed = decompressed.compression() != Compression::kNone;
  BlockPaddedSource blocks(tar_bytes);
  TarReader tar(blocks);
  while (const std::optional<TarMember> member = tar.next()) {
    if (member->kind != TarMember::Kind::kFile) continue;
    if (__builtin_add_overflow(facts.unpacked_bytes, member->size_bytes, &facts.unpacked_bytes)) {
      facts.unpacked_bytes = 0;
      facts.failure = "its files' sizes don't fit 64 bits";
      break;
    }
  }
  if (facts.failure.empty()) facts.failure = tar.failure();
  tar_bytes.drain();
  if (!tar_bytes.failure().empty()) facts.failure = tar_bytes.failure();
  facts.diff_id = tar_bytes.digest();
  return facts;
}

// Collects a document's bytes; nothing if there are too many.
std::optional<std::string> read_document(std::string_view first, ByteSource& from,
                                         const ArchiveLimits& limits, ArchiveBudgets& budgets) {
  const auto size_max = static_cast<std::size_t>(
      std::max<std::int64_t>(0, std::min(limits.document_bytes_max, budgets.document_bytes_left)));
  std::string document;
  for (std::string_view chunk = first; !chunk.empty(); chunk = from.next()) {
    if (chunk.size() > size_max - document.size()) return std::nullopt;
    document += chunk;
  }
  budgets.document_bytes_left -= static_cast<std::int64_t>(document.size());
  return document;
}

class MemberCollector {
 public:
  MemberCollector(const ArchiveLimits& limits, ArchiveComplaints& complaints)
      : limits_(limits), complaints_(complaints), budgets_(limits) {}

  ArchiveBudgets& budgets() { return budgets_; }
  ArchiveMembers take() { return std::move(members_); }

  /// False if that was one member too many.
  bool count() {
    if (++count_ <= limits_.member_count_max) return true;
    complaints_.error("too-many-members", "",
                      fmt::format("more than {} members", limits_.member_count_max));
    return false;
  }

  /// False if no further member can be read.
  bool add_file(const std::string& name, ByteSource& from) {
    MemberFacts facts = measure_member(from, limits_, budgets_);
    if (!from.failure().empty()) {
      complaints_.error("unreadable", name, "the member breaks off: " + from.failure());
      return false;
    }
    if (budgets_.members.exceeded || budgets_.layers.exceeded) {
      complaints_.error("too-large", name,
                        fmt::format("more than {} decompressed bytes by this member",
                                    limits_.decompressed_bytes_max));
      return false;
    }
    if (members_.links.contains(name) ||
        !members_.files.try_emplace(name, std::move(facts)).second) {
      complain_duplicate(name);
    }
    return true;
  }

  void add_link(const std::string& name, const std::string& target) {
    const std::size_t slash = name.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : name.substr(0, slash + 1);
    const std::optional<std::string> from_root =
        target.starts_with('/') ? std::nullopt : normal_name(folder + target);
    if (!from_root) {
      complaints_.error("link-escapes", name, "the symlink points outside of the archive");
    } else if (members_.files.contains(name) || !members_.links.emplace(name, *from_root).second) {
      complain_duplicate(name);
    }
  }

 private:
  void complain_duplicate(const std::string& name) {
    complaints_.error("duplicate-member", name, "the archive has two members of this name");
  }

  const ArchiveLimits& limits_;
  ArchiveComplaints& complaints_;
  ArchiveBudgets budgets_;
  ArchiveMembers members_;
  std::int64_t count_ = 0;
};

// False if no further member can be read.
bool add_tar_member(const TarMember& member, ByteSource& bytes, MemberCollector& collector,
                    ArchiveComplaints& complaints) {
  if (!collector.count()) return false;
  const std::optional<std::string> name = member_name(member.name);
  if (!name || (name->empty() && member.kind != TarMember::Kind::kFolder)) {
    complaints.error("member-name", member.name.substr(0, kNameBytesMax),
                     "a member's name must be a relative path of UTF-8 text without \"..\"");
    return true;
  }
  switch (member.kind) {
    case TarMember::Kind::kFolder:
      return true;
    case TarMember::Kind::kFile:
      return collector.add_file(*name, bytes);
    case TarMember::Kind::kSymlink:
      collector.add_link(*name, member.link);
      return true;
    case TarMember::Kind::kHardlink:
      complaints.error("member-kind", *name, "the member is a hard link, not a regular file",
                       "tar with --hard-dereference");
      return true;
    case TarMember::Kind::kSpecial:
      complaints.error("member-kind", *name, "the member is a device or a pipe, no regular file");
      return true;
  }
  return true;
}

// Names of the files that belong to a layout, sorted, so that complaints come in one order.
std::vector<std::string> layout_files(const std::filesystem::path& root, MemberCollector& collector,
                                      ArchiveComplaints& complaints) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  const auto add = [&](const fs::path& path, fs::file_status status) {
    const std::string name = path.lexically_relative(root).generic_string();
    if (fs::is_regular_file(status)) {
      names.push_back(name);
    } else if (fs::exists(status) && !fs::is_directory(status)) {
      complaints.error("member-kind", name, "a symlink, a device or a pipe, no regular file");
    }
  };
  std::error_code error;
  for (const char* name : {"oci-layout", "index.json"}) {
    add(root / name, fs::symlink_status(root / name, error));
  }
  const fs::file_status blobs = fs::symlink_status(root / "blobs", error);
  if (!fs::is_directory(blobs)) {
    add(root / "blobs", blobs);
    return names;
  }
  error.clear();
  fs::recursive_directory_iterator entry(root / "blobs", error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (!collector.count()) return {};
    std::error_code status_error;
    add(entry->path(), entry->symlink_status(status_error));
  }
  if (error) complaints.error("unreadable", "blobs", error.message());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

MemberFacts measure_member(ByteSource& from, const ArchiveLimits& limits, ArchiveBudgets& budgets) {
  MemberFacts facts;
  HashedSource bytes(from, &budgets.members);
  const std::string_view first = bytes.next();
  if (looks_like_document(first)) {
    facts.document = read_document(first, bytes, limits, budgets);
    facts.layer.failure = "it is a JSON document";
  } else {
    RewoundSource all(first, bytes);
    facts.layer = measure_layer(all, budgets);
  }
  bytes.drain();
  facts.size_bytes = bytes.size_bytes();
  facts.digest = bytes.digest();
  return facts;
}

ArchiveMembers read_archive_members(ByteSource& from, const ArchiveLimits& limits,
                                    ArchiveComplaints& complaints) {
  MemberCollector collector(limits, complaints);
  DecompressedSource decompressed(from);
  HashedSource tar_bytes(decompressed, &collector.budgets().stream);
  TarReader tar(tar_bytes);
  while (const std::optional<TarMember> member = tar.next()) {
    if (!add_tar_member(*member, tar.member_bytes(), collector, complaints)) {
      return collector.take();
    }
  }
  if (collector.budgets().stream.exceeded) {
    complaints.error("too-large", "",
                     fmt::format("more than {} decompressed bytes", limits.decompressed_bytes_max));
  } else if (!tar.failure().empty()) {
    complaints.error("not-an-archive", "", "not a tar, or a damaged one: " + tar.failure(),
                     "an image is an OCI layout folder, a tar of one, or a docker archive");
  }
  return collector.take();
}

ArchiveMembers read_folder_members(const std::string& path, const ArchiveLimits& limits,
                                   ArchiveComplaints& complaints) {
  MemberCollector collector(limits, complaints);
  for (const std::string& name : layout_files(path, collector, complaints)) {
    FileSource file((std::filesystem::path(path) / name).string());
    if (!collector.add_file(name, file)) break;
  }
  return collector.take();
}

}  // namespace sweepcheck

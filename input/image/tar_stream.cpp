// libarchive pulls its input through a callback, so that readers stack: an archive's tar reader
// feeds a layer's decompressor, which feeds the layer's own tar reader.
#include "input/image/tar_stream.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <cerrno>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;

Compression compression_of(std::string_view first) {
  if (first.starts_with("\x1f\x8b")) return Compression::kGzip;
  if (first.starts_with("\x28\xb5\x2f\xfd")) return Compression::kZstd;
  return Compression::kNone;
}

la_ssize_t pull_chunk(archive* handle, void* client, const void** buffer) {
  auto& from = *static_cast<ByteSource*>(client);
  const std::string_view chunk = from.next();
  if (chunk.empty() && !from.failure().empty()) {
    archive_set_error(handle, EIO, "%s", from.failure().c_str());
    return ARCHIVE_FATAL;
  }
  *buffer = chunk.data();
  return static_cast<la_ssize_t>(chunk.size());
}

}  // namespace

/// Owner of libarchive's handle.
class LibArchive {
 public:
  LibArchive() : handle_(archive_read_new()) {
    SWEEPCHECK_BELIEVE(handle_ != nullptr, "libarchive can allocate a reader");
  }
  ~LibArchive() { archive_read_free(handle_); }
  LibArchive(const LibArchive&) = delete;
  LibArchive& operator=(const LibArchive&) = delete;

  archive* handle() { return handle_; }

  /// "" or what went wrong.
  std::string open(ByteSource& from) {
    return archive_read_open(handle_, &from, nullptr, pull_chunk, nullptr) == ARCHIVE_OK ? ""
                                                                                         : error();
  }

  std::string error() const {
    const char* text = archive_error_string(handle_);
    return text && *text ? text : "damaged";
  }

 private:
  archive* handle_;
};

namespace {

// Reads on in the current member; an empty chunk with a failure is an error, without it the end.
std::string_view read_data(LibArchive& reader, std::vector<char>& buffer, std::string& failure) {
  if (!failure.empty()) return {};
  buffer.resize(kBufferBytes);
  const la_ssize_t size = archive_read_data(reader.handle(), buffer.data(), buffer.size());
  if (size < 0) {
    failure = reader.error();
    return {};
  }
  return {buffer.data(), static_cast<std::size_t>(size)};
}

TarMember::Kind kind_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) || archive_entry_hardlink_utf8(entry)) {
    return TarMember::Kind::kHardlink;
  }
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG:
      return TarMember::Kind::kFile;
    case AE_IFDIR:
      return TarMember::Kind::kFolder;
    case AE_IFLNK:
      return TarMember::Kind::kSymlink;
    default:
      return TarMember::Kind::kSpecial;
  }
}

// The plain form is null if the name can't be put into the current locale's character set.
std::string first_of(const char* plain, const char* utf8) {
  return plain ? plain : (utf8 ? utf8 : "");
}

}  // namespace

DecompressedSource::DecompressedSource(ByteSource& from)
    : from_(from), first_(from.next()), compression_(compression_of(first_)), all_(first_, from) {
  if (compression_ == Compression::kNone) return;
  reader_ = std::make_unique<LibArchive>();
  archive* handle = reader_->handle();
  // A filter that is named, not found by bidding: bidding would take off several.
  const int filter = compression_ == Compression::kGzip ? ARCHIVE_FILTER_GZIP : ARCHIVE_FILTER_ZSTD;
  if (archive_read_append_filter(handle, filter) < ARCHIVE_WARN) {
    failure_ = reader_->error();
    return;
  }
  archive_read_support_format_raw(handle);
  archive_read_support_format_empty(handle);
  failure_ = reader_->open(all_);
  if (!failure_.empty()) return;
  // What breaks off in its first block looks like an empty stream, but for the complaint.
  const std::string complaint = archive_error_string(handle) ? reader_->error() : "";
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(handle, &entry);
  ended_ = result == ARCHIVE_EOF;
  if (ended_) failure_ = complaint;
  if (!ended_ && result != ARCHIVE_OK) failure_ = reader_->error();
}

DecompressedSource::~DecompressedSource() = default;

std::string_view DecompressedSource::next() {
  if (ended_) return {};
  return reader_ ? read_data(*reader_, buffer_, failure_) : all_.next();
}

const std::string& DecompressedSource::failure() const {
  return failure_.empty() ? from_.failure() : failure_;
}

class TarReader::MemberSource final : public ByteSource {
 public:
  explicit MemberSource(LibArchive& reader) : reader_(reader) {}

  std::string_view next() override { return read_data(reader_, buffer_, failure_); }
  const std::string& failure() const override { return failure_; }

 private:
  LibArchive& reader_;
  std::vector<char> buffer_;
  std::string failure_;
};

TarReader::TarReader(ByteSource& from)
    : reader_(std::make_unique<LibArchive>()), member_(std::make_unique<MemberSource>(*reader_)) {
  archive_read_support_format_tar(reader_->handle());
  archive_read_support_format_empty(reader_->handle());
  failure_ = reader_->open(from);
}

TarReader::~TarReader() = default;

std::optional<TarMember> TarReader::next() {
  if (failure_.empty()) failure_ = member_->failure();
  if (!failure_.empty()) return std::nullopt;
  archive_entry* entry = nullptr;
  const int result = archive_read_next_header(reader_->handle(), &entry);
  if (result == ARCHIVE_EOF) return std::nullopt;
  // A warning is about a name's character set; the name is checked by whoever uses it.
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
    failure_ = reader_->error();
    return std::nullopt;
  }
  TarMember member;
  member.name = first_of(archive_entry_pathname(entry), archive_entry_pathname_utf8(entry));
  member.kind = kind_of(entry);
  if (member.kind == TarMember::Kind::kSymlink) {
    member.link = first_of(archive_entry_symlink(entry), archive_entry_symlink_utf8(entry));
  }
  member.size_bytes = std::max<std::int64_t>(0, archive_entry_size(entry));
  return member;
}

ByteSource& TarReader::member_bytes() { return *member_; }

}  // namespace sweepcheck

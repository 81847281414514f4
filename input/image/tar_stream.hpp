// Tar streams and compressed streams, by libarchive: the one place that calls it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "input/image/byte_source.hpp"

namespace sweepcheck {

class LibArchive;

/// What a stream is compressed with, judged by its first bytes.
enum class Compression : std::uint8_t { kNone, kGzip, kZstd };

/// The decompressed bytes of another source: gzip and zstd are taken off once, anything else passes
/// as it is. (containerd's unpacker takes off one compression, too: gzip within gzip is not a
/// layer.)
class DecompressedSource final : public ByteSource {
 public:
  /// The source must outlive this one.
  explicit DecompressedSource(ByteSource& from);
  ~DecompressedSource() override;
  DecompressedSource(const DecompressedSource&) = delete;
  DecompressedSource& operator=(const DecompressedSource&) = delete;

  std::string_view next() override;
  const std::string& failure() const override;

  Compression compression() const { return compression_; }

 private:
  ByteSource& from_;
  std::string_view first_;
  Compression compression_;
  RewoundSource all_;
  std::unique_ptr<LibArchive> reader_;
  std::vector<char> buffer_;
  std::string failure_;
  bool ended_ = false;
};

/// One member of a tar.
struct TarMember {
  enum class Kind : std::uint8_t { kFile, kFolder, kSymlink, kHardlink, kSpecial };

  /// As the tar has it; not checked.
  std::string name;
  Kind kind = Kind::kFile;
  /// Symlink or hardlink: what it points to; not checked.
  std::string link;
  /// Size that the tar claims, never negative.
  std::int64_t size_bytes = 0;
};

/// Walks a plain tar.
class TarReader {
 public:
  /// The source must outlive the reader.
  explicit TarReader(ByteSource& from);
  ~TarReader();
  TarReader(const TarReader&) = delete;
  TarReader& operator=(const TarReader&) = delete;

  /// The next member; nothing at the end and from a failure on. What was not read of the member
  /// before is skipped.
  std::optional<TarMember> next();

  /// The bytes of the member that next() returned last.
  ByteSource& member_bytes();

  /// Why the tar broke off; empty if it didn't.
  const std::string& failure() const { return failure_; }

 private:
  class MemberSource;

  std::unique_ptr<LibArchive> reader_;
  std::unique_ptr<MemberSource> member_;
  std::string failure_;
};

}  // namespace sweepcheck

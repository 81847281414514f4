// Streams of bytes that are pulled, so that a layer of any size passes through a few fixed buffers:
//
//   file -> decompressed -> hashed -> tar -> member -> hashed -> decompressed -> hashed -> tar
//
// is how an archive's layer gets its digest, its diff ID and its unpacked size in one pass.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "input/digest.hpp"

namespace sweepcheck {

/// A stream of bytes in chunks. The first chunk holds at least 8 bytes unless the stream is
/// shorter.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// The next chunk, valid until the next call; empty at the end, and from a failure on.
  virtual std::string_view next() = 0;

  /// Why the stream broke off; empty if it didn't.
  virtual const std::string& failure() const = 0;
};

/// Bytes that are in memory, and stay there as long as the source.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}

  std::string_view next() override;
  const std::string& failure() const override { return failure_; }

 private:
  std::string_view bytes_;
  std::string failure_;
};

/// A regular file. If it can't be opened, the first chunk is empty and failure says why.
class FileSource final : public ByteSource {
 public:
  explicit FileSource(const std::string& path);

  std::string_view next() override;
  const std::string& failure() const override { return failure_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
  std::vector<char> buffer_;
  std::string failure_;
};

/// How many decompressed bytes may still come, over all streams of one archive: what ends a
/// decompression bomb.
struct ByteBudget {
  std::int64_t left = 0;
  bool exceeded = false;
};

/// Passes another source on, and keeps its digest and size. With a budget, it fails when that is
/// used up.
class HashedSource final : public ByteSource {
 public:
  /// Both must outlive this source; the budget may be null.
  HashedSource(ByteSource& from, ByteBudget* budget) : from_(from), budget_(budget) {}

  std::string_view next() override;
  const std::string& failure() const override;

  /// Reads what is left, so that digest and size are those of the whole stream.
  void drain();

  std::int64_t size_bytes() const { return size_bytes_; }

  /// Digest of all bytes that came. To be called once, at the end.
  std::string digest() { return sha256_.finish(); }

 private:
  ByteSource& from_;
  ByteBudget* budget_;
  Sha256 sha256_;
  std::int64_t size_bytes_ = 0;
  std::string failure_;
};

/// A source with zeros appended up to a whole number of 512-byte blocks. umoci 0.4 writes layers
/// whose last file is not padded; Go's tar reader, and so containerd, takes them.
class BlockPaddedSource final : public ByteSource {
 public:
  /// The source must outlive this one.
  explicit BlockPaddedSource(ByteSource& from) : from_(from) {}

  std::string_view next() override;
  const std::string& failure() const override { return from_.failure(); }

 private:
  ByteSource& from_;
  std::size_t size_bytes_ = 0;
};

/// A first chunk that was looked at, then the rest of its source.
class RewoundSource final : public ByteSource {
 public:
  /// The chunk must be the source's last one, and the source must outlive this one.
  RewoundSource(std::string_view first, ByteSource& rest) : first_(first), rest_(rest) {}

  std::string_view next() override;
  const std::string& failure() const override { return rest_.failure(); }

 private:
  std::string_view first_;
  ByteSource& rest_;
};

}  // namespace sweepcheck

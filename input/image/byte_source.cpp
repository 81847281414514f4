// The sources that need no library but the standard one; those that decompress or take a tar apart
// are in tar_stream.cpp.
#include "input/image/byte_source.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace sweepcheck {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;
constexpr std::size_t kTarBlockBytes = 512;

}  // namespace

std::string_view MemorySource::next() { return std::exchange(bytes_, std::string_view{}); }

FileSource::FileSource(const std::string& path) : file_(std::fopen(path.c_str(), "rbe")) {
  if (!file_) failure_ = std::strerror(errno);
}

std::string_view FileSource::next() {
  if (!failure_.empty()) return {};
  buffer_.resize(kBufferBytes);
  const std::size_t size = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (size == 0 && std::ferror(file_.get())) failure_ = std::strerror(errno);
  return {buffer_.data(), size};
}

std::string_view HashedSource::next() {
  if (!failure_.empty()) return {};
  const std::string_view chunk = from_.next();
  const auto size_bytes = static_cast<std::int64_t>(chunk.size());
  if (budget_ && size_bytes > budget_->left) {
    budget_->exceeded = true;
    failure_ = "the limit of decompressed bytes is used up";
    return {};
  }
  if (budget_) budget_->left -= size_bytes;
  size_bytes_ += size_bytes;
  sha256_.update(chunk);
  return chunk;
}

const std::string& HashedSource::failure() const {
  return failure_.empty() ? from_.failure() : failure_;
}

void HashedSource::drain() {
  while (!next().empty()) {
  }
}

std::string_view BlockPaddedSource::next() {
  static constexpr std::array<char, kTarBlockBytes> kZeros{};
  std::string_view chunk = from_.next();
  if (chunk.empty() && from_.failure().empty()) {
    const std::size_t missing = (kTarBlockBytes - size_bytes_ % kTarBlockBytes) % kTarBlockBytes;
    chunk = std::string_view(kZeros.data(), missing);
  }
  size_bytes_ += chunk.size();
  return chunk;
}

std::string_view RewoundSource::next() {
  if (!first_.empty()) return std::exchange(first_, std::string_view{});
  return rest_.next();
}

}  // namespace sweepcheck

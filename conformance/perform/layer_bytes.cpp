#include "conformance/perform/layer_bytes.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>
#include <zstd.h>

#include <memory>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

la_ssize_t append(archive*, void* out, const void* bytes, size_t count) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), count);
  return static_cast<la_ssize_t>(count);
}

std::string little_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>((value >> shift) & 0xff);
  return out;
}

}  // namespace

std::string noise(const std::string& seed, std::size_t count) {
  std::uint64_t state = 0xcbf29ce484222325ULL;  // FNV-1a of the seed, then splitmix64
  for (const char c : seed) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  std::string out;
  out.reserve(count + 8);
  while (out.size() < count) {
    state += 0x9e3779b97f4a7c15ULL;
    std::uint64_t word = state;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebULL;
    word ^= word >> 31;
    for (int i = 0; i < 8; ++i) out += static_cast<char>((word >> (8 * i)) & 0xff);
  }
  out.resize(count);
  return out;
}

std::string tar_of(const std::vector<TarFile>& files) {
  std::string out;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  archive_write_set_format_ustar(writer.get());
  archive_write_set_bytes_per_block(writer.get(), 0);
  archive_write_open(writer.get(), &out, nullptr, append, nullptr);
  for (const TarFile& file : files) {
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), file.executable ? 0755 : 0644);
    archive_entry_set_mtime(entry.get(), 0, 0);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_write_header(writer.get(), entry.get());
    archive_write_data(writer.get(), file.bytes.data(), file.bytes.size());
  }
  archive_write_close(writer.get());
  return out;
}

std::string gzip_of(const std::string& name, const std::string& bytes) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  const int ready =
      deflateInit2(&stream, Z_NO_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY);
  SWEEPCHECK_BELIEVE(ready == Z_OK, "zlib can store");
  gz_header header{};
  std::string file = name;
  header.name = reinterpret_cast<Bytef*>(file.data());
  header.os = 255;
  deflateSetHeader(&stream, &header);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + name.size() + 64, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int done = deflate(&stream, Z_FINISH);
  SWEEPCHECK_BELIEVE(done == Z_STREAM_END, "deflateBound is large enough");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstd_of(const std::string& name, const std::string& bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1);
  SWEEPCHECK_BELIEVE(!ZSTD_isError(size), "the buffer has the size that zstd asks for");
  frame.resize(size);
  const std::string skippable =
      little_endian(0x184d2a50) + little_endian(static_cast<std::uint32_t>(name.size())) + name;
  // containerd looks for the frame's magic number first, so the name comes last.
  return frame + skippable;
}

}  // namespace sweepcheck

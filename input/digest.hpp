// SHA-256 digests as OCI writes them, and the chain IDs that name snapshots.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sweepcheck {

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  /// Appends bytes; not to be called after finish.
  void update(std::string_view bytes);

  /// "sha256:<64 hex digits>" of all bytes so far. To be called once.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// "sha256:<64 hex digits>" of these bytes.
std::string sha256_digest(std::string_view bytes);

/// True for "sha256:" and 64 lower-case hex digits, the only digests that containerd's own clients
/// write.
bool is_sha256_digest(std::string_view text);

/// Chain IDs of layers, lowest first, from their diff IDs (OCI image spec, config.md): the first is
/// its diff ID, each next one the digest of "<chain ID below> <diff ID>".
std::vector<std::string> chain_ids(std::span<const std::string> diff_ids);

}  // namespace sweepcheck

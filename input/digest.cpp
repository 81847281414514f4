// SHA-256 by OpenSSL, which uses the processor's SHA instructions where there are any.
#include "input/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kHexDigitCount = 64;

// SHA-256 is the same whatever a machine's openssl.cnf says, so it isn't read: it could name
// modules to load, which a static program can't. What has been initialised before stays as it is.
const EVP_MD* sha256() {
  static const bool kInitialised = OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr) == 1;
  SWEEPCHECK_BELIEVE(kInitialised, "OpenSSL can be initialised");
  return EVP_sha256();
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

}  // namespace

struct Sha256::Context {
  std::unique_ptr<EVP_MD_CTX, FreeContext> md{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  SWEEPCHECK_BELIEVE(context_->md && EVP_DigestInit_ex(context_->md.get(), sha256(), nullptr),
                     "OpenSSL offers SHA-256");
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  SWEEPCHECK_BELIEVE(EVP_DigestUpdate(context_->md.get(), bytes.data(), bytes.size()),
                     "a digest that isn't finished takes bytes");
}

std::string Sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned size = 0;
  SWEEPCHECK_BELIEVE(EVP_DigestFinal_ex(context_->md.get(), raw.data(), &size),
                     "a digest is finished once");
  std::string out(kPrefix);
  out.reserve(kPrefix.size() + kHexDigitCount);
  for (unsigned at = 0; at < size; ++at) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[raw[at] >> 4U];
    out += kDigits[raw[at] & 0xFU];
  }
  return out;
}

std::string sha256_digest(std::string_view bytes) {
  Sha256 sha256;
  sha256.update(bytes);
  return sha256.finish();
}

bool is_sha256_digest(std::string_view text) {
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + kHexDigitCount) return false;
  text.remove_prefix(kPrefix.size());
  return std::all_of(text.begin(), text.end(), [](char digit) {
    return (digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f');
  });
}

std::vector<std::string> chain_ids(std::span<const std::string> diff_ids) {
  std::vector<std::string> out;
  out.reserve(diff_ids.size());
  for (const std::string& diff_id : diff_ids) {
    out.push_back(out.empty() ? diff_id : sha256_digest(out.back() + " " + diff_id));
  }
  return out;
}

}  // namespace sweepcheck

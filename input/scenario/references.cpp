// Image references in scenarios: one grammar for all of them, that of distribution/reference, by
// which CRI, the transfer service's tag and docker read them. ctr's pull and push look less
// closely, but send to a registry what none has a name for.
//
//   [HOST/]REPOSITORY[:TAG][@DIGEST]    the digest may be an alias: "registry.example/lib/app:1"
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "input/scenario/decoder.hpp"

namespace sweepcheck {
namespace {

constexpr std::size_t kTagBytesMax = 128;
constexpr std::size_t kDigestDigitsMin = 32;
constexpr std::size_t kSha256Digits = 64;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

bool is_one_of(char character, std::string_view characters) {
  return characters.find(character) != std::string_view::npos;
}
bool is_made_of(std::string_view text, std::string_view characters) {
  return text.find_first_not_of(characters) == std::string_view::npos;
}
bool is_alphanumeric(char character) {
  return is_one_of(character, kLower) || is_one_of(character, kUpper);
}

// Labels of letters, digits and inner hyphens, with dots between; then a port. Or [an address].
bool is_host(std::string_view host) {
  std::size_t port = host.rfind(':');
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos || end < 2) return false;
    if (!is_made_of(host.substr(1, end - 1), "0123456789abcdefABCDEF:")) return false;
    port = end + 1 == host.size() ? std::string_view::npos : end + 1;
    if (port != std::string_view::npos && host[port] != ':') return false;
    host.remove_prefix(port == std::string_view::npos ? host.size() : port);
    return host.empty() || (host.size() > 1 && is_made_of(host.substr(1), kDigits));
  }
  if (port != std::string_view::npos) {
    if (port + 1 == host.size() || !is_made_of(host.substr(port + 1), kDigits)) return false;
    host = host.substr(0, port);
  }
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || !is_alphanumeric(label.front()) || !is_alphanumeric(label.back())) {
      return false;
    }
    const auto fits = [](char c) { return is_alphanumeric(c) || c == '-'; };
    if (!std::all_of(label.begin(), label.end(), fits)) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

// Lower case and digits; between them one '.', one or two '_', or any number of '-'.
bool is_path_component(std::string_view component) {
  if (component.empty() || !is_one_of(component.front(), kLower)) return false;
  while (!component.empty()) {
    component.remove_prefix(std::min(component.find_first_not_of(kLower), component.size()));
    if (component.empty()) return true;
    const std::size_t end = component.find_first_of(kLower);
    if (end == std::string_view::npos) return false;
    const std::string_view between = component.substr(0, end);
    if (between != "." && between != "_" && between != "__" && !is_made_of(between, "-")) {
      return false;
    }
    component.remove_prefix(end);
  }
  return true;
}

bool is_repository(std::string_view repository) {
  while (true) {
    const std::size_t slash = repository.find('/');
    if (!is_path_component(repository.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    repository.remove_prefix(slash + 1);
  }
}

bool is_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > kTagBytesMax) return false;
  const auto is_word = [](char c) { return is_alphanumeric(c) || c == '_'; };
  return is_word(tag.front()) && std::all_of(tag.begin(), tag.end(), [&](char c) {
           return is_word(c) || c == '.' || c == '-';
         });
}

bool is_alias(std::string_view text) {
  static constexpr std::array<std::string_view, 9> kPrefixes{
      "manifest:", "index:", "schema1:", "config:", "layer:", "blob:", "tar:", "diff:", "chain:"};
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), [&](std::string_view prefix) {
    return text.size() > prefix.size() && text.starts_with(prefix);
  });
}

bool is_digest(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const std::string_view hex = text.substr(colon + 1);
  if (text.starts_with("sha256:")) {
    return hex.size() == kSha256Digits && is_made_of(hex, "0123456789abcdef");
  }
  return is_made_of(text.substr(0, colon), "abcdefghijklmnopqrstuvwxyz0123456789+._-") &&
         hex.size() >= kDigestDigitsMin && is_made_of(hex, "0123456789abcdefABCDEF");
}

/// Where the host is: always the first component, never there, or by its look.
enum class HostRule : std::uint8_t { kAlways, kNever, kByLook };

struct Reference {
  std::string_view host, repository, tag, digest;
  /// What is wrong with it; empty if nothing is.
  std::string fault;
};

std::string fault_of_repository(std::string_view repository) {
  if (repository.empty()) return "it has no repository";
  if (repository.size() == kSha256Digits && is_made_of(repository, "0123456789abcdef")) {
    return "64 hexadecimal digits are an image id";
  }
  if (is_repository(repository)) return {};
  if (repository.find(':') != std::string_view::npos) {
    return "it has a \":\" that is neither a port's nor the tag's";
  }
  if (repository.find_first_of(kUpper) != std::string_view::npos) {
    return fmt::format("its repository {} has capital letters", quote(repository));
  }
  return fmt::format("{} is not a valid repository", quote(repository));
}

Reference parse(std::string_view text, HostRule rule) {
  Reference out;
  std::string_view rest = text;
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    out.digest = rest.substr(at + 1);
    rest = rest.substr(0, at);
    if (out.digest.empty()) {
      out.fault = "nothing follows its \"@\"";
    } else if (!is_alias(out.digest) && !is_digest(out.digest)) {
      out.fault = fmt::format("{} is not a valid digest", quote(out.digest));
    }
  }
  const std::size_t slash = rest.find('/');
  const std::string_view first = slash == std::string_view::npos ? "" : rest.substr(0, slash);
  const bool looks_so = first == "localhost" ||
                        first.find_first_of(".:") != std::string_view::npos ||
                        first.find_first_of(kUpper) != std::string_view::npos;
  if (rule == HostRule::kAlways || (rule == HostRule::kByLook && looks_so)) {
    out.host = first;
    rest = slash == std::string_view::npos ? rest : rest.substr(slash + 1);
    if (!first.empty() && !is_host(first)) {
      if (out.fault.empty()) out.fault = fmt::format("{} is not a valid host", quote(first));
    }
  }
  const std::size_t colon = rest.rfind(':');
  const std::size_t last_slash = rest.rfind('/');
  if (colon != std::string_view::npos &&
      (last_slash == std::string_view::npos || colon > last_slash)) {
    out.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
    if (out.fault.empty() && !is_tag(out.tag)) {
      out.fault = out.tag.empty() ? std::string("nothing follows its \":\"")
                                  : fmt::format("{} is not a valid tag", quote(out.tag));
    }
  }
  out.repository = rest;
  if (out.fault.empty()) out.fault = fault_of_repository(rest);
  return out;
}

struct UseSpec {
  HostRule host;
  bool may_have_digest;
  std::string_view hint;
};

UseSpec spec_of(ReferenceUse use) {
  switch (use) {
    case ReferenceUse::kClient:
      return {HostRule::kByLook, true, "HOST/REPOSITORY:TAG, the repository in lower case"};
    case ReferenceUse::kTag:
      return {HostRule::kAlways, false, "host/repository:tag"};
    case ReferenceUse::kManifest:
      return {HostRule::kAlways, true, "host/repository:tag or host/repository@digest"};
    case ReferenceUse::kRepository:
      return {HostRule::kAlways, false, "host/repository"};
    case ReferenceUse::kDeclared:
      return {HostRule::kNever, false, "a registry's images are \"repository:tag\""};
    case ReferenceUse::kServed:
      return {HostRule::kNever, true, "what a registry serves is \"repository:tag\""};
  }
  return {HostRule::kByLook, true, ""};
}

// What of a well-formed one is missing, or too much, for its use.
std::string misuse(const Reference& reference, ReferenceUse use) {
  const UseSpec spec = spec_of(use);
  if (use == ReferenceUse::kClient) return {};
  const bool tagged = !reference.tag.empty();
  const bool digested = !reference.digest.empty();
  if (use == ReferenceUse::kRepository) {
    return reference.host.empty() || tagged || digested ? "does not name a repository of a registry"
                                                        : "";
  }
  if (spec.host == HostRule::kAlways && reference.host.empty())
    return "does not name an image of a registry";
  if (!tagged && !(digested && spec.may_have_digest)) return "has no tag";
  return tagged && digested ? "names a tag and a digest" : "";
}

}  // namespace

void check_reference(const JsonValue& value, const std::string& text, ReferenceUse use,
                     Problems& problems) {
  const UseSpec spec = spec_of(use);
  // By CRI an image may be named by its id.
  if (text.empty() || (use == ReferenceUse::kClient && is_alias(text))) return;
  const Reference reference = parse(text, spec.host);
  std::string wrong = misuse(reference, use);
  if (!reference.fault.empty()) wrong = "is not a valid reference: " + reference.fault;
  if (wrong.empty()) return;
  const std::string message = fmt::format("{} {}", quote(text), wrong);
  if (use == ReferenceUse::kDeclared) {
    problems.key_error(value, "reference", message, std::string(spec.hint));
  } else {
    problems.error(value, "reference", message, std::string(spec.hint));
  }
}

void check_references(const JsonValue& object, std::string_view key, ReferenceUse use,
                      Problems& problems) {
  const JsonValue* value = object.find(key);
  if (!value) return;
  for (const JsonValue* item : items_in(*value)) {
    if (item->is(JsonValue::Kind::kString)) check_reference(*item, item->text, use, problems);
  }
}

void check_host(const JsonValue& value, const std::string& host, Problems& problems) {
  // An empty key has been complained about.
  if (host.empty() || is_host(host)) return;
  problems.key_error(value, "reference", fmt::format("{} is not a valid host", quote(host)),
                     "a registry's name and its port: \"registry.example:5000\"");
}

}  // namespace sweepcheck

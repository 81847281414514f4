// How images are named: by references, which clients read differently, and by CRI's image ids
// (distribution/reference; pkg/cri/server/helpers.go, pkg/cri/store/image; facts 9 and 10).
#pragma once

#include <string>

#include "model/catalog.hpp"
#include "model/state.hpp"

namespace sweepcheck {

/// A name in full, as CRI and docker archives have it: "copy:1" is docker.io/library/copy:1
/// (distribution/reference).
std::string normalized_reference(const std::string& name);

/// What a URL parser takes for the port of a name without a host, and can't read: "latest" of
/// "app:latest". kNone if there is a host, or a number.
StringId invalid_port(Catalog& catalog, StringId reference);

/// A reference as CRI takes it: with a host and a tag; of a tag and a digest the digest alone. An
/// image id is itself.
StringId cri_reference(Catalog& catalog, StringId given);

/// The id by which CRI knows a record's image: the digest of its config, for this platform. CRI
/// keeps it in memory, so it is known even if the config is no longer stored. kNone if there is no
/// such record, or no config.
StringId cri_image_id(const Catalog& catalog, const State& state, StringId space, StringId platform,
                      StringId record);

/// The record of which CRI makes a container when it is given a reference or an image id: the first
/// of all that the image has, in docker's order (those with a tag, then those with a digest, each
/// by their text; image ids last), whichever was given. Seen on 1.6.20, 1.7.24 and 2.1.9. It is the
/// full name, which a record of a short one doesn't have. If the image isn't known: what was given,
/// in full.
StringId cri_container_image(Catalog& catalog, const State& state, StringId space,
                             StringId platform, StringId given);

}  // namespace sweepcheck

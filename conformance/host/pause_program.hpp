// The program that our containers run: it waits for ever. A static executable of one segment, made
// here byte by byte, so that images need nothing from the machine and are the same on all.
#pragma once

#include <string>
#include <string_view>

namespace sweepcheck {

/// The executable for an architecture as OCI names it, "amd64" or "arm64".
std::string pause_program(std::string_view architecture);

/// Where images have it: "pause-amd64". They have one for each architecture.
std::string pause_program_name(std::string_view architecture);

/// The architecture of this build.
std::string_view host_architecture();

}  // namespace sweepcheck

// What steps touch, in words, for tests and traces.
#include "model/touches.hpp"

namespace sweepcheck {
namespace {

std::string_view access_name(Access access) {
  switch (access) {
    case Access::kRead:
      return "read";
    case Access::kAdd:
      return "add";
    case Access::kWrite:
      break;
  }
  return "write";
}

std::string_view area_name(Area area) {
  switch (area) {
    case Area::kNode:
      return "node";
    case Area::kDaemon:
      return "daemon";
    case Area::kRegistry:
      return "registry";
    case Area::kAvailability:
      return "availability";
    case Area::kCache:
      return "cache";
    case Area::kArchive:
      return "archive";
    case Area::kClock:
      break;
  }
  return "clock";
}

}  // namespace

std::string touches_text(const Catalog& catalog, const Touches& touches) {
  std::string out;
  for (const Touch& touch : touches.all()) {
    if (!out.empty()) out += "; ";
    out += access_name(touch.access);
    out += " ";
    out += area_name(touch.area);
    if (touch.area == Area::kNode || touch.area == Area::kRegistry) {
      for (std::uint32_t kind = 0; kind < kObjectKindCount; ++kind) {
        if ((touch.kinds >> kind & 1) == 0) continue;
        out += " ";
        out += kind_name(static_cast<ObjectKind>(kind));
      }
    }
    for (const StringId name : {touch.space, touch.scope, touch.key}) {
      out += name == kNone<StringId> ? " *" : " " + catalog.display(name);
    }
  }
  return out;
}

}  // namespace sweepcheck

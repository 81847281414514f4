#include "properties/search/shrink_moves.hpp"

#include <algorithm>

#include "properties/search/shrink.hpp"

namespace sweepcheck {
namespace {

bool uses(const HistoryStep& step, HistoryField field) {
  return (verb_spec(step.verb).fields & field) != 0;
}

std::size_t layer_count(const Declaration& world) {
  std::size_t count = 0;
  for (const HistoryImage& image : world.images) count += image.layers.size();
  return count;
}

// How special a world is: twins, other platforms, indexes.
std::size_t oddity(const Declaration& world) {
  std::size_t odd = 0;
  for (const HistoryImage& image : world.images) {
    odd += image.members.size() * 2 + image.platform + (image.same_config_as != kNobody ? 1U : 0U);
  }
  for (const std::uint8_t same : world.same_diff_as) odd += same != kNobody ? 1U : 0U;
  return odd;
}

std::vector<std::uint8_t> layer_numbers(const Declaration& world) {
  std::vector<std::uint8_t> out;
  for (const HistoryImage& image : world.images) {
    out.insert(out.end(), image.layers.begin(), image.layers.end());
  }
  return out;
}

// True if some image, or an index over it, is used by a step.
bool is_used(const History& history, std::uint8_t image) {
  for (const HistoryStep& step : history.steps) {
    if (uses(step, kUsesImage) && step.image == image) return true;
    if (uses(step, kUsesRecord) && step.record == image) return true;
  }
  for (const HistoryImage& other : history.declaration.images) {
    const auto& members = other.members;
    if (std::find(members.begin(), members.end(), image) != members.end()) return true;
    if (other.same_config_as == image) return true;
  }
  return false;
}

// Numbers images anew; `to[i]` is the new number of image i, or kNobody if it goes.
History with_images(const History& history, const std::vector<std::uint8_t>& to,
                    std::size_t count) {
  History out = history;
  out.declaration.images.assign(count, {});
  const auto renamed = [&](std::uint8_t image) {
    return image == kNobody || image >= to.size() ? image : to[image];
  };
  for (std::size_t i = 0; i < to.size(); ++i) {
    if (to[i] == kNobody) continue;
    HistoryImage image = history.declaration.images[i];
    for (std::uint8_t& member : image.members) member = renamed(member);
    image.same_config_as = renamed(image.same_config_as);
    out.declaration.images[to[i]] = std::move(image);
  }
  for (HistoryStep& step : out.steps) {
    if (uses(step, kUsesImage)) step.image = renamed(step.image);
    if (uses(step, kUsesRecord) && step.record < kImageCountMax) step.record = renamed(step.record);
  }
  return out;
}

// Layers in the order of their use, without those that no image has. Of several with one diff the
// first is the one that the others are declared by.
void number_layers(Declaration& world) {
  std::vector<std::uint8_t> order;
  const std::vector<std::uint8_t> same = world.same_diff_as;
  const auto diff = [&](std::uint8_t layer) {
    return same[layer] == kNobody ? layer : same[layer];
  };
  for (HistoryImage& image : world.images) {
    for (std::uint8_t& layer : image.layers) {
      const auto found = std::find(order.begin(), order.end(), layer);
      const auto place = static_cast<std::uint8_t>(found - order.begin());
      if (found == order.end()) order.push_back(layer);
      layer = place;
    }
  }
  world.same_diff_as.clear();
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::uint8_t first = kNobody;
    for (std::size_t j = 0; j < i && first == kNobody; ++j) {
      if (diff(order[j]) == diff(order[i])) first = static_cast<std::uint8_t>(j);
    }
    world.same_diff_as.push_back(first);
  }
}

void add_world(std::vector<History>& out, History candidate) {
  number_layers(candidate.declaration);
  out.push_back(std::move(candidate));
}

void add_smaller_images(const History& history, std::size_t i, std::vector<History>& out) {
  const HistoryImage& image = history.declaration.images[i];
  const auto with = [&](auto&& change) {
    History candidate = history;
    change(candidate.declaration.images[i]);
    add_world(out, std::move(candidate));
  };
  if (!image.members.empty()) {
    with([&](HistoryImage& changed) {
      changed = history.declaration.images[image.members.front()];
      changed.same_config_as = kNobody;
    });
    if (image.members.size() > 1) {
      with([](HistoryImage& changed) { changed.members.pop_back(); });
    }
  }
  if (image.same_config_as != kNobody) {
    with([](HistoryImage& changed) { changed.same_config_as = kNobody; });
  }
  if (image.platform != 0) with([](HistoryImage& changed) { changed.platform = 0; });
  // Who shares a config has the same diffs: those images' layers stay as they are.
  bool tied = image.same_config_as != kNobody;
  for (const HistoryImage& other : history.declaration.images) {
    tied = tied || other.same_config_as == i;
  }
  if (tied) return;
  for (std::size_t layer = 0; layer < image.layers.size(); ++layer) {
    if (image.layers.size() > 1) {
      with([&](HistoryImage& changed) {
        changed.layers.erase(changed.layers.begin() + static_cast<std::ptrdiff_t>(layer));
      });
    }
    for (std::uint8_t lower = 0; lower < image.layers[layer]; ++lower) {
      if (std::find(image.layers.begin(), image.layers.end(), lower) != image.layers.end())
        continue;
      with([&](HistoryImage& changed) { changed.layers[layer] = lower; });
    }
  }
}

// Fields that the verb doesn't read are 0, and those that it reads are in its range.
HistoryStep as_verb(const HistoryStep& step, HistoryVerb verb) {
  const HistoryVerbSpec& spec = verb_spec(verb);
  HistoryStep out = step;
  out.verb = verb;
  out.option = 0;
  if (!(spec.fields & kUsesNode)) out.node = 0;
  if (!(spec.fields & kUsesSpace)) out.space = 0;
  if (!(spec.fields & kUsesRecord)) {
    out.record = 0;
  } else if (uses(step, kUsesImage) && !uses(step, kUsesRecord)) {
    out.record = step.image;
  }
  if (!(spec.fields & kUsesImage)) {
    out.image = 0;
  } else if (uses(step, kUsesRecord) && !uses(step, kUsesImage)) {
    out.image = step.record < kImageCountMax ? step.record : std::uint8_t{0};
  }
  if (!(spec.fields & kUsesPart)) out.part = 0;
  if (!(spec.fields & kUsesName)) out.name = 0;
  if (out.name >= std::max<std::uint8_t>(1, spec.name_count)) out.name = 0;
  if (!spec.interruptible) out.stop = out.handle = 0;
  return out;
}

bool is_operation(HistoryVerb verb) { return verb < HistoryVerb::kResume; }

void add_lower_fields(const History& history, std::size_t at, std::vector<History>& out) {
  const HistoryStep& step = history.steps[at];
  const auto with = [&](std::uint8_t HistoryStep::*field, std::uint8_t value) {
    History candidate = history;
    candidate.steps[at].*field = value;
    out.push_back(std::move(candidate));
  };
  const auto lower = [&](std::uint8_t HistoryStep::*field) {
    for (std::uint8_t value = 0; value < step.*field; ++value) with(field, value);
  };
  lower(&HistoryStep::option);
  lower(&HistoryStep::node);
  lower(&HistoryStep::space);
  lower(&HistoryStep::record);
  lower(&HistoryStep::image);
  lower(&HistoryStep::part);
  lower(&HistoryStep::name);
  // One namespace, record or image for the whole history at once: they only fit together.
  for (const auto field : {&HistoryStep::space, &HistoryStep::record, &HistoryStep::image,
                           &HistoryStep::node, &HistoryStep::name}) {
    for (std::uint8_t value = 0; value < step.*field; ++value) {
      History candidate = history;
      for (HistoryStep& other : candidate.steps) {
        if (other.*field == step.*field) other.*field = value;
      }
      out.push_back(std::move(candidate));
    }
  }
  if (step.stop == 0) return;
  if (is_operation(step.verb)) {
    // Not stopped at all: what resumes it has nothing to do then.
    History candidate = history;
    candidate.steps[at].stop = candidate.steps[at].handle = 0;
    std::erase_if(candidate.steps, [&](const HistoryStep& other) {
      return other.handle == step.handle && !is_operation(other.verb);
    });
    out.push_back(std::move(candidate));
  } else {
    with(&HistoryStep::stop, 0);
  }
  const std::uint8_t least = is_operation(step.verb) ? 1 : 2;
  for (std::uint8_t stop = least; stop < step.stop; ++stop) with(&HistoryStep::stop, stop);
}

auto key_of(const History& history) {
  return std::make_tuple(oddity(history.declaration), history.steps.size(),
                         history.declaration.node_count, history.declaration.images.size(),
                         layer_count(history.declaration), history.declaration.same_diff_as.size());
}

}  // namespace

bool is_smaller(const History& a, const History& b) {
  const auto first = key_of(a);
  const auto second = key_of(b);
  if (first != second) return first < second;
  if (a.steps != b.steps) {
    return std::lexicographical_compare(a.steps.begin(), a.steps.end(), b.steps.begin(),
                                        b.steps.end());
  }
  return layer_numbers(a.declaration) < layer_numbers(b.declaration);
}

bool is_plain(const Declaration& world) { return oddity(world) == 0; }

History without_steps(const History& history, std::size_t at, std::size_t count) {
  History out{history.declaration, {}};
  std::vector<std::uint8_t> gone;
  for (std::size_t i = 0; i < history.steps.size(); ++i) {
    const HistoryStep& step = history.steps[i];
    const bool starts = is_operation(step.verb);
    const bool orphaned = !starts && step.handle != 0 &&
                          std::find(gone.begin(), gone.end(), step.handle) != gone.end();
    if ((i >= at && i < at + count) || orphaned) {
      if (starts && step.handle != 0) gone.push_back(step.handle);
    } else {
      out.steps.push_back(step);
    }
  }
  return out;
}

std::vector<History> smaller_worlds(const History& history) {
  std::vector<History> out;
  const Declaration& world = history.declaration;
  std::uint8_t nodes = 1;
  for (const HistoryStep& step : history.steps) {
    nodes = std::max(nodes, static_cast<std::uint8_t>(step.node + 1));
  }
  if (nodes < world.node_count) {
    out.push_back(history);
    out.back().declaration.node_count = nodes;
  }
  for (std::uint8_t i = 0; i < world.images.size() && world.images.size() > 1; ++i) {
    if (is_used(history, i)) continue;
    std::vector<std::uint8_t> to;
    std::uint8_t next = 0;
    for (std::uint8_t other = 0; other < world.images.size(); ++other) {
      to.push_back(other == i ? kNobody : next++);
    }
    add_world(out, with_images(history, to, next));
  }
  for (std::size_t i = 0; i < world.images.size(); ++i) add_smaller_images(history, i, out);
  for (std::size_t layer = 0; layer < world.same_diff_as.size(); ++layer) {
    const bool tied =
        std::any_of(world.images.begin(), world.images.end(),
                    [](const HistoryImage& image) { return image.same_config_as != kNobody; });
    if (world.same_diff_as[layer] == kNobody || tied) continue;
    History candidate = history;
    candidate.declaration.same_diff_as[layer] = kNobody;
    add_world(out, std::move(candidate));
  }
  // A layer and its twin change roles.
  for (std::uint8_t layer = 0; layer < world.same_diff_as.size(); ++layer) {
    const std::uint8_t other = world.same_diff_as[layer];
    if (other == kNobody) continue;
    History candidate = history;
    for (HistoryImage& image : candidate.declaration.images) {
      for (std::uint8_t& used : image.layers) {
        used = used == layer ? other : used == other ? layer : used;
      }
    }
    add_world(out, std::move(candidate));
  }
  add_world(out, history);
  return out;
}

std::vector<Declaration> plain_worlds() {
  std::vector<Declaration> out;
  const auto add = [&](std::vector<std::vector<std::uint8_t>> images, std::size_t layers) {
    Declaration world;
    for (auto& image : images) world.images.push_back({std::move(image), {}, 0, kNobody});
    world.same_diff_as.assign(layers, kNobody);
    out.push_back(std::move(world));
  };
  add({{0}}, 1);
  add({{0, 1}}, 2);
  add({{0}, {1}}, 2);
  add({{0}, {0, 1}}, 2);
  return out;
}

std::vector<History> smaller_at(const History& history, std::size_t at) {
  std::vector<History> out;
  const HistoryStep& step = history.steps[at];
  for (std::uint8_t verb = 0; verb < static_cast<std::uint8_t>(step.verb); ++verb) {
    if (!is_operation(static_cast<HistoryVerb>(verb))) break;
    History candidate = history;
    candidate.steps[at] = as_verb(step, static_cast<HistoryVerb>(verb));
    const std::uint8_t options = verb_spec(static_cast<HistoryVerb>(verb)).option_count;
    for (std::uint8_t option = 0; option < options; ++option) {
      candidate.steps[at].option = option;
      out.push_back(candidate);
    }
  }
  add_lower_fields(history, at, out);
  if (at > 0 && history.steps[at] < history.steps[at - 1]) {
    History candidate = history;
    std::swap(candidate.steps[at], candidate.steps[at - 1]);
    out.push_back(std::move(candidate));
  }
  return out;
}

namespace {

bool is_link(HistoryVerb verb) {
  return verb >= HistoryVerb::kLinkImage && verb <= HistoryVerb::kLinkSandbox;
}

bool has_verb(const History& history, HistoryVerb verb) {
  return std::any_of(history.steps.begin(), history.steps.end(),
                     [&](const HistoryStep& step) { return step.verb == verb; });
}

}  // namespace

std::vector<HistoryStep> vocabulary(const History& history) {
  std::vector<HistoryStep> out;
  const auto images = static_cast<std::uint8_t>(history.declaration.images.size());
  std::uint8_t spaces = 1;
  std::uint8_t tags = 0;
  std::uint8_t names = 1;
  for (const HistoryStep& step : history.steps) {
    spaces = std::max(spaces, static_cast<std::uint8_t>(step.space + 1));
    names = std::max(names, static_cast<std::uint8_t>(step.name + 1));
    if (step.record >= kImageCountMax || step.verb == HistoryVerb::kTag) tags = 1;
  }
  for (const HistoryVerbSpec& spec : verb_specs()) {
    if (spec.verb == HistoryVerb::kResume || spec.verb == HistoryVerb::kKillClient) continue;
    // There are too many links for histories that have none of that kind.
    if (is_link(spec.verb) && !has_verb(history, spec.verb)) continue;
    const auto bound = [&](HistoryField field, std::uint8_t count) {
      return (spec.fields & field) != 0 ? count : std::uint8_t{1};
    };
    HistoryStep step;
    step.verb = spec.verb;
    for (step.option = 0; step.option < spec.option_count; ++step.option) {
      for (step.node = 0; step.node < bound(kUsesNode, history.declaration.node_count);
           ++step.node) {
        for (step.space = 0; step.space < bound(kUsesSpace, spaces); ++step.space) {
          for (std::uint8_t r = 0; r < bound(kUsesRecord, static_cast<std::uint8_t>(images + tags));
               ++r) {
            step.record = r < images ? r : static_cast<std::uint8_t>(kImageCountMax + r - images);
            for (step.image = 0; step.image < bound(kUsesImage, images); ++step.image) {
              for (step.part = 0; step.part < bound(kUsesPart, 4); ++step.part) {
                for (step.name = 0; step.name < bound(kUsesName, std::min(names, spec.name_count));
                     ++step.name) {
                  out.push_back(step);
                }
              }
            }
          }
        }
      }
    }
  }
  return out;
}

History renamed_by_first_use(const History& history) {
  History out = history;
  // Images by first use; an index comes after its members, so those are looked at with it.
  std::vector<std::uint8_t> to(history.declaration.images.size(), kNobody);
  std::uint8_t next = 0;
  const auto use = [&](std::uint8_t image, auto&& self) -> void {
    if (image >= to.size() || to[image] != kNobody) return;
    const HistoryImage& declared = history.declaration.images[image];
    for (const std::uint8_t member : declared.members) self(member, self);
    if (declared.same_config_as != kNobody) self(declared.same_config_as, self);
    to[image] = next++;
  };
  for (const HistoryStep& step : history.steps) {
    if (uses(step, kUsesRecord)) use(step.record, use);
    if (uses(step, kUsesImage)) use(step.image, use);
  }
  if (next == 0) use(0, use);
  out = with_images(out, to, next);
  number_layers(out.declaration);
  // Tags, names and handles, each list by first use. Leases and containers have lists of their own.
  std::vector<std::uint8_t> tags, leases, containers, views, sandboxes, handles;
  const auto number = [](std::vector<std::uint8_t>& order, std::uint8_t old) {
    const auto found = std::find(order.begin(), order.end(), old);
    if (found != order.end()) return static_cast<std::uint8_t>(found - order.begin());
    order.push_back(old);
    return static_cast<std::uint8_t>(order.size() - 1);
  };
  for (HistoryStep& step : out.steps) {
    if (uses(step, kUsesRecord) && step.record >= kImageCountMax) {
      step.record = static_cast<std::uint8_t>(
          kImageCountMax + number(tags, static_cast<std::uint8_t>(step.record - kImageCountMax)));
    }
    if (uses(step, kUsesName)) {
      const bool lease =
          (step.verb >= HistoryVerb::kCreateLease && step.verb <= HistoryVerb::kRemoveResource) ||
          step.verb == HistoryVerb::kLinkLease;
      const bool view =
          step.verb == HistoryVerb::kViewSnapshot || step.verb == HistoryVerb::kPrepareSnapshot;
      auto& order = step.verb == HistoryVerb::kTag           ? tags
                    : lease                                  ? leases
                    : view                                   ? views
                    : step.verb == HistoryVerb::kLinkSandbox ? sandboxes
                                                             : containers;
      step.name = number(order, step.name);
    }
    if (step.handle != 0) {
      step.handle = static_cast<std::uint8_t>(number(handles, step.handle) + 1);
    }
  }
  return out;
}

}  // namespace sweepcheck

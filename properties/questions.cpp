#include "properties/questions.hpp"

#include <algorithm>
#include <bit>
#include <functional>

#include "model/assert.hpp"

namespace sweepcheck {
namespace {

// Kinds of objects that any node lost or gained.
struct KindsChanged {
  std::uint32_t losses = 0;
  std::uint32_t gains = 0;

  explicit KindsChanged(const Moment& moment) {
    for (const Change& change : moment.changes) {
      losses |= change.removed;
      gains |= change.added;
    }
  }
};

const OperationType* type_of(const Moment& moment) {
  return moment.operation ? moment.operation->request.type : nullptr;
}

bool is_about(const Property& property, const OperationType* operation) {
  const auto& names = property.operations;
  return names.empty() ||
         (operation && std::find(names.begin(), names.end(), operation->name) != names.end());
}

bool is_of_steps(const Property& property) {
  return property.occasion == Occasion::kStep || property.occasion == Occasion::kOperation;
}

std::vector<const OperationType*> types_named_by(std::span<const Property* const> properties) {
  std::vector<const OperationType*> types;
  for (const Property* property : properties) {
    for (const std::string_view name : property->operations) {
      types.push_back(find_operation_type(name));
      SWEEPCHECK_BELIEVE(types.back() != nullptr, "a property is about operations that there are");
    }
  }
  std::sort(types.begin(), types.end(), std::less<>{});
  types.erase(std::unique(types.begin(), types.end()), types.end());
  return types;
}

}  // namespace

bool concerns(const Property& property, const Moment& moment) {
  const KindsChanged kinds(moment);
  const auto meets = [](std::uint32_t wanted, std::uint32_t there) {
    return wanted == 0 || (wanted & there) != 0;
  };
  return (property.needs & ~moment.circumstances()) == 0 && meets(property.losses, kinds.losses) &&
         meets(property.gains, kinds.gains) && is_about(property, type_of(moment));
}

void Questions::UnionTable::add(std::uint32_t bits, Set set) {
  for (std::size_t digit = 0; digit < by_digit_.size(); ++digit) {
    const std::uint32_t wanted = (bits >> (4 * digit)) & 15;
    for (std::uint32_t value = 0; value < 16; ++value) {
      if ((value & wanted) != 0) by_digit_[digit][value] |= set;
    }
  }
}

Questions::Questions(std::span<const Property* const> properties)
    : types_(types_named_by(properties)) {
  for (const Property* property : properties) {
    const bool filtered =
        !property->operations.empty() || property->losses != 0 || property->gains != 0;
    SWEEPCHECK_BELIEVE(!filtered || is_of_steps(*property),
                       "only steps have operations, losses and gains");
    if (blocks_.empty() || blocks_.back().size == kBlockSize) {
      blocks_.emplace_back().by_type.resize(types_.size());
    }
    Block& block = blocks_.back();
    const Set self = Set{1} << block.size;
    block.properties[block.size++] = property;
    if (property->costly) block.costly |= self;
    block.needing.add(property->needs, self);
    block.losing.add(property->losses, self);
    block.gaining.add(property->gains, self);
    if (property->losses == 0) block.without_loss |= self;
    if (property->gains == 0) block.without_gain |= self;
    if (property->occasion == Occasion::kCollection) block.at_collections |= self;
    if (property->occasion == Occasion::kEnd) block.at_ends |= self;
    const auto add_to = [&](StepSets& sets) {
      if (property->occasion == Occasion::kStep) sets.at_step |= self;
      if (property->occasion == Occasion::kOperation) sets.at_end |= self;
    };
    if (property->operations.empty()) add_to(block.any_step);
    for (const std::string_view name : property->operations) {
      add_to(block.by_type[place_of(find_operation_type(name))]);
    }
  }
}

void Questions::drop(const Property& property) {
  for (Block& block : blocks_) {
    const auto end = block.properties.begin() + static_cast<std::ptrdiff_t>(block.size);
    const auto place = std::find(block.properties.begin(), end, &property);
    if (place == end) continue;
    const Set others = ~(Set{1} << (place - block.properties.begin()));
    block.at_collections &= others;
    block.at_ends &= others;
    block.any_step.at_step &= others;
    block.any_step.at_end &= others;
    for (StepSets& sets : block.by_type) {
      sets.at_step &= others;
      sets.at_end &= others;
    }
  }
}

bool Questions::about_collections() const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [](const Block& block) { return block.at_collections != 0; });
}

// The number of types if no property names it.
std::size_t Questions::place_of(const OperationType* type) const {
  const auto place = std::lower_bound(types_.begin(), types_.end(), type, std::less<>{});
  const bool named = place != types_.end() && *place == type;
  return named ? static_cast<std::size_t>(place - types_.begin()) : types_.size();
}

template <typename Select>
void Questions::collect(const Moment& moment, bool costly, std::vector<const Property*>& asked,
                        Select&& select) const {
  const std::uint32_t missing = ~moment.circumstances();
  const KindsChanged kinds(moment);
  asked.clear();
  for (const Block& block : blocks_) {
    Set set = select(block) & ~block.needing.of(missing) &
              (block.losing.of(kinds.losses) | block.without_loss) &
              (block.gaining.of(kinds.gains) | block.without_gain);
    if (!costly) set &= ~block.costly;
    for (; set != 0; set &= set - 1) {
      asked.push_back(block.properties[static_cast<std::size_t>(std::countr_zero(set))]);
    }
  }
}

void Questions::after_step(const Moment& moment, bool costly,
                           std::vector<const Property*>& asked) const {
  const bool over = moment.operation && !moment.operation->running();
  const std::size_t place = moment.operation ? place_of(type_of(moment)) : types_.size();
  collect(moment, costly, asked, [&](const Block& block) {
    StepSets sets = block.any_step;
    if (place < types_.size()) {
      sets.at_step |= block.by_type[place].at_step;
      sets.at_end |= block.by_type[place].at_end;
    }
    return sets.at_step | (over ? sets.at_end : 0);
  });
}

void Questions::at_collection(const Moment& moment, bool costly,
                              std::vector<const Property*>& asked) const {
  collect(moment, costly, asked, [](const Block& block) { return block.at_collections; });
}

void Questions::at_end(const Moment& moment, bool costly,
                       std::vector<const Property*>& asked) const {
  collect(moment, costly, asked, [](const Block& block) { return block.at_ends; });
}

}  // namespace sweepcheck

#include "model/catalog/label.hpp"

#include "model/mutant.hpp"

namespace sweepcheck {
namespace {

constexpr std::string_view kPrefixOfAll = "containerd.io/gc.";

bool starts_a_name(std::string_view rest) { return rest.starts_with('.') || rest.starts_with('/'); }

// True if a key that goes on so after the row's label is of this form. "...contentfoo" is none.
bool has_form(KeyForm form, std::string_view rest) {
  switch (form) {
    case KeyForm::kNoLabel:
      return false;
    case KeyForm::kWhole:
      return rest.empty();
    case KeyForm::kPrefix:
    case KeyForm::kSnapshotter:
      return true;
    case KeyForm::kNamed:
      if (is_on(Mutant::kLabelSuffixIgnored) && rest.starts_with('.')) return false;
      return rest.empty() || starts_a_name(rest);
    case KeyForm::kCondition:
      return rest.size() > 1 && starts_a_name(rest);
  }
  return false;
}

bool may_bear(const MeaningRule& rule, ObjectKind owner) {
  if (is_on(Mutant::kConditionOnAnyOwner) && rule.meaning == Meaning::kCondition) return true;
  if (is_on(Mutant::kBackReferenceOnLease) && rule.keeps == Keeps::kOwner &&
      owner == ObjectKind::kLease) {
    return true;
  }
  return (rule.owners & kind_bit(owner)) != 0;
}

std::string_view until_slash(std::string_view text) { return text.substr(0, text.find('/')); }

}  // namespace

LabelKey parse_label_key(ObjectKind owner, std::string_view key) {
  if (!key.starts_with(kPrefixOfAll)) return {};
  for (const MeaningRule& rule : meaning_rules()) {
    if (rule.form == KeyForm::kNoLabel || !key.starts_with(rule.label)) continue;
    const std::string_view rest = key.substr(rule.label.size());
    if (!has_form(rule.form, rest) || !may_bear(rule, owner)) continue;
    if (rule.form == KeyForm::kSnapshotter) return {rule.meaning, until_slash(rest)};
    if (rule.form == KeyForm::kCondition) return {rule.meaning, until_slash(rest.substr(1))};
    return {rule.meaning, {}};
  }
  return {};
}

}  // namespace sweepcheck

// Steps: what an operation does between two moments at which anybody else may come in. A type of
// step is a struct, in the file of the operations that use it:
//
//     struct CommitContent {
//       static constexpr StepName kName = atomic("commit content");
//       BlobId blob;
//
//       Failure perform(Machine& machine) const;        // does it
//       void touches(StepTouches& touches) const;       // what it may read and write
//     };
//     template struct DefinedStep<CommitContent>;       // with model/operations/define_step.hpp
//
// and a place in the list of model/operations/step_list.hpp. People know a step by its name and its
// first field: "commit content layer:base". A Step holds any of them by value: the number of its
// type and its fields' bytes, 20 in all, so that steps can be copied, compared, hashed and packed
// as they lie there.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

#include "model/catalog/catalog.hpp"
#include "model/failure.hpp"

namespace sweepcheck {

class Machine;
class StepTouches;
class Step;

/// True or false in four bytes: a step's fields leave no gap whose bytes could be anything.
class WideBool {
 public:
  constexpr WideBool() = default;
  constexpr WideBool(bool value) : value_(value ? 1 : 0) {}
  constexpr operator bool() const { return value_ != 0; }

 private:
  std::uint32_t value_ = 0;
};

/// What a step is called, and how it is performed.
struct StepName {
  /// As traces and `until` name it: "open content", "commit content".
  std::string_view text;
  /// False: it only puts other steps on the stack, and is performed together with the one before.
  bool atomic = true;
  /// False: people don't see its first field.
  bool has_subject = true;
};

constexpr StepName atomic(std::string_view text) { return {.text = text}; }
constexpr StepName atomic_without_subject(std::string_view text) {
  return {.text = text, .has_subject = false};
}
constexpr StepName expands(std::string_view text) { return {.text = text, .atomic = false}; }

/// What the first field of a step is: what people know it by.
enum class StepSubject : std::uint8_t {
  kNone,
  kText,  ///< a name, a key, a digest
  kBlob,  ///< known by its digest
};

/// The row of a type of step in the table of all.
struct StepType {
  StepName name;
  StepSubject subject = StepSubject::kNone;
  Failure (*perform)(Machine& machine, const Step& step);
  void (*touches)(StepTouches& touches, const Step& step);
};

/// All types, by their numbers.
struct StepTable {
  std::array<const StepType*, 128> rows{};
  std::uint32_t count = 0;
};
extern const StepTable kStepTypes;

/// The number of a type: its place in step_list.hpp, which defines this.
template <typename Data>
consteval std::uint32_t step_number();

class Step {
 public:
  static constexpr std::size_t kWordCount = 4;
  using Words = std::array<std::uint32_t, kWordCount>;

  /// The step of these fields.
  template <typename Data>
  requires(!std::is_same_v<Data, Step>) Step(const Data& data) : number_(step_number<Data>()) {
    static_assert(std::is_trivially_copyable_v<Data>);
    if constexpr (!std::is_empty_v<Data>) {
      static_assert(sizeof(Data) <= sizeof(Words) && alignof(Data) <= alignof(std::uint32_t));
      static_assert(std::has_unique_object_representations_v<Data>,
                    "a step's fields have no gaps between them: see WideBool");
      std::memcpy(words_.data(), &data, sizeof(Data));
    }
  }
  /// The step that lies in a number and words, as number() and words() gave them.
  Step(std::uint32_t number, const Words& words) : number_(number), words_(words) {}

  const StepType& type() const { return *kStepTypes.rows[number_]; }
  std::uint32_t number() const { return number_; }
  const Words& words() const { return words_; }

  template <typename Data>
  bool is() const {
    return number_ == step_number<Data>();
  }
  /// Its fields; of this type it must be.
  template <typename Data>
  Data as() const {
    Data data{};
    if constexpr (!std::is_empty_v<Data>) {
      std::memcpy(static_cast<void*>(&data), words_.data(), sizeof(Data));
    }
    return data;
  }

  /// What it is about, for people, or kNone: a digest, a key, a name.
  StringId subject(const Catalog& catalog) const {
    if (!type().name.has_subject) return kNone<StringId>;
    switch (type().subject) {
      case StepSubject::kText:
        return static_cast<StringId>(words_[0]);
      case StepSubject::kBlob:
        return catalog.blob(static_cast<BlobId>(words_[0])).digest;
      case StepSubject::kNone:
        break;
    }
    return kNone<StringId>;
  }

  bool operator==(const Step&) const = default;

 private:
  std::uint32_t number_;
  /// Those that the type has no fields for are 0.
  Words words_{};
};
static_assert(sizeof(Step) == 20 && std::is_trivially_copyable_v<Step>);

}  // namespace sweepcheck

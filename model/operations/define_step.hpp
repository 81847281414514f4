// How a step's struct becomes a row of the table of all types. Included by the files that define
// steps, after which each says `template struct DefinedStep<NameOfTheStep>;`.
#pragma once

#include "model/operation.hpp"
#include "model/operations/step_list.hpp"
#include "model/touches.hpp"

namespace sweepcheck::steps {

template <typename Data>
constexpr StepSubject step_subject() {
  if constexpr (requires { Data{StringId{}}; }) {
    return StepSubject::kText;
  } else if constexpr (requires { Data{BlobId{}}; }) {
    return StepSubject::kBlob;
  } else {
    return StepSubject::kNone;
  }
}

template <typename Data>
const StepType DefinedStep<Data>::kType{
    .name = Data::kName,
    .subject = step_subject<Data>(),
    .perform = [](Machine& machine, const Step& step) { return step.as<Data>().perform(machine); },
    .touches = [](StepTouches& touches, const Step& step) { step.as<Data>().touches(touches); },
};

}  // namespace sweepcheck::steps

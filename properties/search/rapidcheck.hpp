// For those who write properties with RapidCheck: generators of worlds, steps and histories. This
// header alone includes RapidCheck; nothing of the library does, and only who includes it links it.
//
//   rc::check("nothing that a root reaches is swept", [policy] {
//     const History history = *history_gen();
//     RC_ASSERT(judge_history(history, policy, *find_property("collector-keeps-reachable")) == "");
//   });
//
// RapidCheck shrinks towards fewer steps and smaller numbers; `shrink` of shrink.hpp then gives
// each defect its one canonical form. How the two generators compare: tests/bench/check_bench.cpp.
#pragma once

#include <rapidcheck.h>

#include <ostream>
#include <vector>

#include "properties/search/generator.hpp"

namespace sweepcheck {

/// One step, whatever RapidCheck's size, with any numbers that its verb reads; no operation stops.
inline rc::Gen<HistoryStep> step_gen(std::uint8_t node_count, std::uint8_t image_count) {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::inRange<int>(0, static_cast<int>(HistoryVerb::kResume)),
                     rc::gen::inRange<int>(0, 6), rc::gen::inRange<int>(0, node_count),
                     rc::gen::inRange<int>(0, 3), rc::gen::inRange<int>(0, image_count),
                     rc::gen::inRange<int>(0, 5), rc::gen::inRange<int>(0, 3)),
      [](const std::tuple<int, int, int, int, int, int, int>& numbers) {
        const auto [verb, option, node, space, image, part, name] = numbers;
        const auto byte = [](int value) { return static_cast<std::uint8_t>(value); };
        HistoryStep step;
        step.verb = static_cast<HistoryVerb>(verb);
        const HistoryVerbSpec& spec = verb_spec(step.verb);
        step.option = byte(option % spec.option_count);
        if (spec.fields & kUsesNode) step.node = byte(node);
        if (spec.fields & kUsesSpace) step.space = byte(space);
        if (spec.fields & kUsesRecord) step.record = byte(image);
        if (spec.fields & kUsesImage) step.image = byte(image);
        if (spec.fields & kUsesPart) step.part = byte(part);
        if (spec.fields & kUsesName) step.name = byte(name % spec.name_count);
        return step;
      });
}

/// A world as the generator draws it, from a number that RapidCheck draws.
inline rc::Gen<Declaration> declaration_gen(GeneratorOptions options = {}) {
  return rc::gen::map(rc::gen::arbitrary<std::uint64_t>(), [options](std::uint64_t seed) {
    return draw_declaration(Random(seed, 0), options);
  });
}

/// A history of up to `options.length` steps.
inline rc::Gen<History> history_gen(GeneratorOptions options = {}) {
  return rc::gen::map(
      rc::gen::pair(declaration_gen(options),
                    rc::gen::resize(
                        static_cast<int>(options.length),
                        rc::gen::container<std::vector<HistoryStep>>(rc::gen::resize(
                            rc::kNominalSize, step_gen(options.node_count, options.image_count))))),
      [](const std::pair<Declaration, std::vector<HistoryStep>>& parts) {
        return History{parts.first, parts.second};
      });
}

/// As RapidCheck shows a counterexample.
inline void showValue(const History& history, std::ostream& out) { out << history_text(history); }

}  // namespace sweepcheck

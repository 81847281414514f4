#include "properties/search/generator.hpp"

#include <algorithm>
#include <bit>

#include "properties/search/history_options.hpp"

namespace sweepcheck {
namespace {

constexpr std::uint32_t kWrongOneIn = 8;
constexpr std::uint32_t kStopOneIn = 5;
constexpr std::uint32_t kStopMax = 40;
constexpr std::uint32_t kEarlyStopMax = 18;

// Verbs by number, each as often as its weight says.
const std::vector<HistoryVerb>& verb_table() {
  static const auto kTable = [] {
    std::vector<HistoryVerb> table;
    for (const HistoryVerbSpec& spec : verb_specs()) {
      table.insert(table.end(), spec.weight, spec.verb);
    }
    return table;
  }();
  return kTable;
}

// What probably exists in one namespace of one node, as bits by number.
struct Guess {
  std::uint8_t records = 0;
  std::uint8_t containers = 0;
  std::uint8_t running = 0;
  std::uint8_t leases = 0;
};

class Drawer {
 public:
  Drawer(Random random, const Declaration& declaration, std::vector<HistoryStep>& steps)
      : random_(random), declaration_(declaration), steps_(steps) {}

  void draw(std::uint32_t length) {
    steps_.clear();
    if (random_.once_in(4)) {
      plan_half_removed();
    } else if (random_.once_in(9)) {
      plan_adoption();
    } else if (random_.once_in(12)) {
      plan_link();
    }
    while (steps_.size() < length) {
      HistoryStep step;
      if (!follow_up(step)) step = draw_step();
      note(step);
      steps_.push_back(step);
    }
  }

 private:
  // Stopped operations are mostly met by a collection and then go on: that is where holes come
  // from. A killed daemon is mostly started again.
  bool follow_up(HistoryStep& step) {
    if (down_ != 0 && !random_.once_in(4)) {
      step.verb = HistoryVerb::kRestart;
      step.node = static_cast<std::uint8_t>(std::countr_zero(down_));
      return true;
    }
    if (plan_next_ < plan_.size() && !random_.once_in(8)) {
      step = plan_[plan_next_++];
      return true;
    }
    if (open_handle_ == 0) return after_removal(step);
    switch (random_.below(6)) {
      case 0:
      case 1:
        step.verb = HistoryVerb::kCollect;
        step.node = open_node_;
        return true;
      case 2:
      case 3:
        step.verb = HistoryVerb::kResume;
        step.handle = open_handle_;
        return true;
      case 4:
        step.verb = random_.once_in(3) ? HistoryVerb::kKillClient : HistoryVerb::kResume;
        step.handle = open_handle_;
        if (step.verb == HistoryVerb::kResume) {
          step.stop = static_cast<std::uint8_t>(2 + random_.below(6));
        }
        return true;
      default:
        return false;
    }
  }

  // What was just removed and not yet collected is what the next pull finds half of.
  bool after_removal(HistoryStep& step) {
    if (steps_.empty() || random_.once_in(2)) return false;
    const HistoryStep& last = steps_.back();
    if (last.verb != HistoryVerb::kRemoveImage || last.option != kRemoveAsync) return false;
    step.verb = HistoryVerb::kPull;
    step.node = last.node;
    step.space = last.space;
    step.image = random_.below(static_cast<std::uint32_t>(declaration_.images.size()));
    if (random_.once_in(3)) {
      constexpr std::uint32_t kOptionCount = kPullAllPlatforms - kPullByCri;
      step.option = static_cast<std::uint8_t>(kPullByLibrary + random_.below(kOptionCount));
    }
    if (random_.once_in(3)) return true;
    stop_somewhere(step);
    return true;
  }

  // Stops an operation, mostly for the sake of what is to come in between: a collection, time, a
  // registry's collection; of an export, the client's death.
  void stop_somewhere(HistoryStep& step) {
    step.stop = draw_stop();
    step.handle = ++handle_count_;
    if (!random_.once_in(3)) plan_interruption(step);
  }

  void plan_interruption(const HistoryStep& step) {
    std::vector<HistoryStep> plan;
    HistoryStep between;
    between.node = step.node;
    if (step.verb == HistoryVerb::kPush) {
      between.verb = HistoryVerb::kCollectRegistry;
      // Of the registry that it goes to.
      between.option = step.option == kPushElsewhere ? kCollectOther : kCollectHome;
      between.node = 0;
    }
    HistoryStep end;
    end.verb = HistoryVerb::kResume;
    end.handle = step.handle;
    if (step.verb == HistoryVerb::kExport) {
      end.verb = HistoryVerb::kKillClient;
    } else {
      if (random_.once_in(6)) {
        HistoryStep time;
        time.verb = HistoryVerb::kAdvance;
        plan.push_back(time);
      }
      // What an ingest waits for may come by another way, and go again.
      if (step.verb == HistoryVerb::kPull && random_.once_in(6)) add_detour(step, plan);
      plan.push_back(between);
    }
    plan.push_back(end);
    plan_next(plan);
  }

  // What is planned comes before what was planned.
  void plan_next(const std::vector<HistoryStep>& steps) {
    plan_.erase(plan_.begin(), plan_.begin() + static_cast<std::ptrdiff_t>(plan_next_));
    plan_.insert(plan_.begin(), steps.begin(), steps.end());
    plan_next_ = 0;
  }

  static void add_detour(const HistoryStep& pull, std::vector<HistoryStep>& plan) {
    HistoryStep import = pull;
    import.verb = HistoryVerb::kImport;
    import.option = kImportWithoutUnpack;
    import.stop = 0;
    import.handle = 0;
    HistoryStep removal;
    removal.verb = HistoryVerb::kRemoveImage;
    removal.node = pull.node;
    removal.space = pull.space;
    removal.record = pull.image;
    plan.push_back(import);
    plan.push_back(removal);
  }

  // A lease is made for something, which later is held by it alone.
  void plan_resource(const HistoryStep& lease) {
    HistoryStep resource = lease;
    resource.verb = HistoryVerb::kAddResource;
    resource.option = random_.below(2);
    resource.image = draw_image(resource);
    resource.part = random_.below(5);
    HistoryStep removal;
    removal.verb = HistoryVerb::kRemoveImage;
    removal.node = lease.node;
    removal.space = lease.space;
    removal.record = resource.image;
    HistoryStep collection;
    collection.node = lease.node;
    plan_next({resource, removal, collection});
  }

  // An image is pulled, removed and not yet collected, and another that is built on the same layers
  // is pulled: what the second finds of the first, a collection in between must not take away.
  void plan_half_removed() {
    const auto images = static_cast<std::uint32_t>(declaration_.images.size());
    HistoryStep first;
    first.verb = HistoryVerb::kPull;
    first.node = random_.below(declaration_.node_count);
    first.image = random_.below(images);
    HistoryStep removal;
    removal.verb = HistoryVerb::kRemoveImage;
    removal.node = first.node;
    removal.record = first.image;
    HistoryStep second = first;
    for (int attempt = 0; attempt < 4; ++attempt) {
      second.image = random_.below(images);
      if (second.image != first.image && share_base(first.image, second.image)) break;
    }
    second.stop = draw_stop();
    second.handle = ++handle_count_;
    plan_interruption(second);
    plan_next({first, removal, second});
  }

  // An image is pulled into a namespace that adopts another's blobs, and meanwhile comes and goes
  // there by an archive: what an ingest waits for, it keeps.
  void plan_adoption() {
    HistoryStep first;
    first.verb = HistoryVerb::kPull;
    first.node = random_.below(declaration_.node_count);
    first.image = random_.below(static_cast<std::uint32_t>(declaration_.images.size()));
    HistoryStep second = first;
    second.space = kNamespaceCount - 1;
    second.stop = draw_stop();
    second.handle = ++handle_count_;
    HistoryStep collection;
    collection.node = first.node;
    HistoryStep end;
    end.verb = HistoryVerb::kResume;
    end.handle = second.handle;
    plan_ = {first, second};
    add_detour(second, plan_);
    plan_.push_back(collection);
    plan_.push_back(end);
  }

  // A link where the collector reads none must be seen to keep nothing: a lease that refers back to
  // what is kept, a sandbox with a condition on what goes.
  void plan_link() {
    HistoryStep pull;
    pull.verb = HistoryVerb::kPull;
    pull.space = kCriSpace;
    pull.node = random_.below(declaration_.node_count);
    pull.image = random_.below(static_cast<std::uint32_t>(declaration_.images.size()));
    HistoryStep link = pull;
    HistoryStep collection;
    collection.node = pull.node;
    if (random_.once_in(2)) {
      link.verb = HistoryVerb::kLinkLease;
      link.option = static_cast<std::uint8_t>(kLinkBackToContent + random_.below(3));
      HistoryStep time;
      time.verb = HistoryVerb::kAdvance;
      time.option = kAdvanceADay;
      plan_next({pull, link, time, collection});
      return;
    }
    HistoryStep used = pull;
    used.verb = HistoryVerb::kLinkSnapshot;
    used.option = kLinkUsedAt;
    link.verb = HistoryVerb::kLinkSandbox;
    link.option = kLinkCondition;
    HistoryStep removal = pull;
    removal.verb = HistoryVerb::kRemoveImage;
    removal.option = kRemoveByCri;
    removal.record = pull.image;
    plan_next({pull, used, link, removal, collection});
  }

  bool share_base(std::uint8_t a, std::uint8_t b) const {
    const auto& one = declaration_.images[a].layers;
    const auto& other = declaration_.images[b].layers;
    return !one.empty() && !other.empty() && one.front() == other.front();
  }

  // Mostly one that has a record here.
  std::uint8_t draw_image(const HistoryStep& step) {
    const auto images = static_cast<std::uint32_t>(declaration_.images.size());
    const auto here = static_cast<std::uint8_t>(guess(step).records & ((1U << images) - 1));
    return one_of(here, images);
  }

  // An operation that finds most of its work done has few steps: half of all stops come early.
  std::uint8_t draw_stop() {
    return static_cast<std::uint8_t>(1 +
                                     random_.below(random_.once_in(2) ? kEarlyStopMax : kStopMax));
  }

  // Mostly where something was brought last: that is where things meet.
  std::uint8_t draw_space() {
    return random_.once_in(4) ? random_.below(kNamespaceCount) : busy_space_;
  }

  std::uint8_t one_of(std::uint8_t bits, std::uint32_t count) {
    if (bits == 0 || random_.once_in(kWrongOneIn)) return random_.below(count);
    const auto wanted = random_.below(static_cast<std::uint32_t>(std::popcount(bits)));
    for (std::uint8_t skipped = 0; skipped < wanted; ++skipped) {
      bits = static_cast<std::uint8_t>(bits & (bits - 1));
    }
    return static_cast<std::uint8_t>(std::countr_zero(bits));
  }

  Guess& guess(const HistoryStep& step) { return guesses_[step.node][step.space]; }

  // False if the step makes little sense now: nothing to remove, nothing to resume.
  bool is_sensible(const HistoryStep& step) {
    const Guess& here = guess(step);
    switch (step.verb) {
      case HistoryVerb::kResume:
      case HistoryVerb::kKillClient:
        return open_handle_ != 0;
      case HistoryVerb::kStartContainer:
      case HistoryVerb::kRemoveContainer:
      case HistoryVerb::kLinkContainer:
        return here.containers != 0;
      case HistoryVerb::kStopContainer:
        return here.running != 0;
      case HistoryVerb::kDeleteLease:
      case HistoryVerb::kAddResource:
      case HistoryVerb::kRemoveResource:
        return here.leases != 0;
      default:
        return (verb_spec(step.verb).fields & kUsesRecord) == 0 || here.records != 0;
    }
  }

  HistoryStep draw_step() {
    const std::vector<HistoryVerb>& table = verb_table();
    HistoryStep step;
    for (int attempt = 0; attempt < 6; ++attempt) {
      step.verb = table[(random_.next() >> 32) % table.size()];
      step.node = random_.below(declaration_.node_count);
      step.space = draw_space();
      if (is_sensible(step) || random_.once_in(kWrongOneIn)) break;
    }
    fill(step);
    return step;
  }

  void fill(HistoryStep& step) {
    const HistoryVerbSpec& spec = verb_spec(step.verb);
    const auto images = static_cast<std::uint32_t>(declaration_.images.size());
    if (spec.option_count > 1 && !random_.once_in(2)) {
      step.option = random_.below(spec.option_count);
    }
    // CRI has one namespace; what it made is used there.
    if ((step.verb == HistoryVerb::kPull && step.option == kPullByCri) ||
        (step.verb == HistoryVerb::kRemoveImage && step.option == kRemoveByCri) ||
        (step.verb == HistoryVerb::kCreateContainer && step.option == kCreateByCri) ||
        step.verb == HistoryVerb::kLinkSandbox) {
      step.space = kCriSpace;
    }
    if ((spec.fields & kUsesNode) == 0) step.node = 0;
    if ((spec.fields & kUsesSpace) == 0) step.space = 0;
    const Guess& here = guess(step);
    if (spec.fields & kUsesRecord) step.record = one_of(here.records, kImageCountMax + kTagCount);
    if (step.record < kImageCountMax && step.record >= images) step.record = 0;
    if (spec.fields & kUsesImage) {
      step.image = (spec.fields & kUsesPart) != 0 ? draw_image(step) : random_.below(images);
    }
    if (spec.fields & kUsesPart) step.part = random_.below(5);
    if (spec.fields & kUsesName) step.name = draw_name(step, here, spec.name_count);
    if (step.verb == HistoryVerb::kResume || step.verb == HistoryVerb::kKillClient) {
      step.handle = open_handle_;
    }
    if (spec.interruptible && open_handle_ == 0 && random_.once_in(kStopOneIn)) {
      stop_somewhere(step);
    }
    if (step.verb == HistoryVerb::kCreateLease && random_.once_in(2)) {
      if (random_.once_in(2)) step.option = kLeaseFlat;
      plan_resource(step);
    }
  }

  std::uint8_t draw_name(const HistoryStep& step, const Guess& here, std::uint8_t count) {
    switch (step.verb) {
      case HistoryVerb::kStartContainer:
      case HistoryVerb::kRemoveContainer:
      case HistoryVerb::kLinkContainer:
        return one_of(here.containers, count);
      case HistoryVerb::kStopContainer:
        return one_of(here.running, count);
      case HistoryVerb::kDeleteLease:
      case HistoryVerb::kAddResource:
      case HistoryVerb::kRemoveResource:
      case HistoryVerb::kIngest:
        return one_of(here.leases, count);
      default:
        return random_.below(count);
    }
  }

  static void add(std::uint8_t& bits, std::uint8_t number) {
    bits = static_cast<std::uint8_t>(bits | (1U << number));
  }
  static void drop(std::uint8_t& bits, std::uint8_t number) {
    bits = static_cast<std::uint8_t>(bits & ~(1U << number));
  }

  void note(const HistoryStep& step) {
    Guess& here = guess(step);
    if (step.stop > 0 && step.verb != HistoryVerb::kResume) {
      open_handle_ = step.handle;
      open_node_ = step.node;
    }
    switch (step.verb) {
      case HistoryVerb::kPull:
      case HistoryVerb::kFetch:
      case HistoryVerb::kImport:
        add(here.records, step.image);
        busy_space_ = step.space;
        break;
      case HistoryVerb::kTag:
        add(here.records, static_cast<std::uint8_t>(kImageCountMax + step.name));
        break;
      case HistoryVerb::kRemoveImage:
        drop(here.records, step.record);
        break;
      case HistoryVerb::kCreateContainer:
        add(here.containers, step.name);
        break;
      case HistoryVerb::kStartContainer:
        add(here.running, step.name);
        break;
      case HistoryVerb::kStopContainer:
        drop(here.running, step.name);
        break;
      case HistoryVerb::kRemoveContainer:
        drop(here.containers, step.name);
        break;
      case HistoryVerb::kCreateLease:
      case HistoryVerb::kLinkLease:
        add(here.leases, step.name);
        break;
      case HistoryVerb::kDeleteLease:
        drop(here.leases, step.name);
        break;
      case HistoryVerb::kResume:
        if (step.stop == 0) open_handle_ = 0;
        break;
      case HistoryVerb::kKillClient:
        open_handle_ = 0;
        break;
      case HistoryVerb::kKillDaemon:
        down_ = static_cast<std::uint8_t>(down_ | (1U << step.node));
        open_handle_ = 0;
        break;
      case HistoryVerb::kRestart:
        down_ = static_cast<std::uint8_t>(down_ & ~(1U << step.node));
        open_handle_ = 0;
        break;
      default:
        break;
    }
  }

  Random random_;
  const Declaration& declaration_;
  std::vector<HistoryStep>& steps_;
  std::array<std::array<Guess, kNamespaceCount>, kNodeCountMax> guesses_{};
  std::uint8_t open_handle_ = 0;
  std::uint8_t open_node_ = 0;
  std::uint8_t handle_count_ = 0;
  std::uint8_t down_ = 0;
  std::uint8_t busy_space_ = 0;
  /// What is to come next, most of the time: a step alone seldom says much.
  std::vector<HistoryStep> plan_;
  std::size_t plan_next_ = 0;
};

}  // namespace

void draw_steps(Random random, const Declaration& declaration, const GeneratorOptions& options,
                std::vector<HistoryStep>& steps) {
  Drawer(random, declaration, steps).draw(options.length);
}

}  // namespace sweepcheck

// Aim: an operation can be stopped between any two of its steps, whoever does it.
// Method: each operation is cut after every number of steps, under every profile, by a killed
// client, a killed daemon, or a collection in between; small enough to try all of them.
#include "tests/unit/model/store_fixture.hpp"

namespace sweepcheck {
namespace {

class InterruptionTest : public StoreTest {
 protected:
  InterruptionTest() {
    Registry registry;
    registry.host = id("registry.example");
    RegistryApi(catalog, registry)
        .seed(id("lib/app"), id("1"), catalog.add_image(two_layer_image()));
    world.registries.push_back(registry);
  }

  // A fresh node for each attempt; the catalog is shared, as it is in a search.
  void reset(const Profile& profile) {
    node() = Node{};
    node().profile = &profile;
    node().policy = &policy;
    world.now = kEpoch;
  }

  Request pull(Client by) {
    Request request;
    request.type = find_operation_type("pull");
    request.node = static_cast<NodeId>(0);
    request.space = id(by == Client::kCri ? "k8s.io" : "default");
    request.by = by;
    request.name = id("registry.example/lib/app:1");
    return request;
  }

  // Calls `act(operation)` after every number of steps that the pull can have done.
  template <typename Act>
  void cut_everywhere(Act&& act) {
    for (const Profile& profile : profiles()) {
      for (const Client by : {Client::kCtr, Client::kCri, Client::kLibrary}) {
        const Request request = pull(by);
        for (int step_count = 0;; ++step_count) {
          reset(profile);
          Operation operation = begin(world, request);
          for (int i = 0; i < step_count && operation.running(); ++i) perform(world, operation);
          if (!operation.running()) break;
          SCOPED_TRACE(std::string(profile.name) + " " + std::string(client_name(by)) +
                       ", before " + next_step(world, operation));
          act(operation);
          ++cut_count_;
        }
      }
    }
    EXPECT_GT(cut_count_, 200);
  }

  std::uint32_t records_left() {
    std::uint32_t count = 0;
    node().state.objects.for_each([&](std::uint32_t index) {
      const ObjectKind kind = catalog.kind(static_cast<ObjectId>(index));
      if (kind != ObjectKind::kNamespace) ++count;
    });
    return count;
  }

  int cut_count_ = 0;
};

TEST_F(InterruptionTest, AKilledClientLeavesNothingForLongerThanItsLease) {
  cut_everywhere([&](Operation& operation) {
    kill_client(world, operation);
    EXPECT_EQ(operation.status, OperationStatus::kKilled);
    world.now += 25 * kHour;
    // Without an image record nothing may survive the lease; with one, the image is complete.
    bool named = false;
    catalog.of_kind(ObjectKind::kImage).for_each([&](std::uint32_t index) {
      named = named || has(static_cast<ObjectId>(index));
    });
    collect();
    if (!named) {
      EXPECT_EQ(records_left(), 0U);
    }
  });
}

TEST_F(InterruptionTest, ACollectionInBetweenNeverMakesAPullFail) {
  cut_everywhere([&](Operation& operation) {
    collect();
    finish(world, operation);
    EXPECT_EQ(operation.status, OperationStatus::kDone) << text(operation.failure);
  });
}

TEST_F(InterruptionTest, AfterTheDaemonDiesTheNextPullFinishes) {
  cut_everywhere([&](Operation& operation) {
    kill_daemon(operation);
    world.start_daemon(static_cast<NodeId>(0));
    collect();
    Operation again = begin(world, operation.request);
    finish(world, again);
    EXPECT_EQ(again.status, OperationStatus::kDone) << text(again.failure);
  });
}

TEST_F(InterruptionTest, ACopyOfAnOperationGoesOnByItself) {
  cut_everywhere([&](Operation& operation) {
    World copy = world;
    Operation twin = operation;
    finish(world, operation);
    finish(copy, twin);
    EXPECT_EQ(operation, twin);
    EXPECT_EQ(world, copy);
  });
}

}  // namespace
}  // namespace sweepcheck

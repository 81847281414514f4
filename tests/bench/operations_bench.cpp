// A random mix of whole operations on a node, without collections: what a search over histories
// spends its time on. The argument is the number of images: a node of 28 has about 500 objects,
// records and files on disk counted.
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <string>

#include "model/inspect.hpp"
#include "model/operation.hpp"
#include "tests/bench/synthetic.hpp"

namespace sweepcheck::bench {
namespace {

ImageDescription make_image(int number) {
  const std::string n = std::to_string(number);
  const auto digest = [](const std::string& name) { return "sha256:" + name; };
  ImageDescription image;
  image.name = "image" + n;
  ImageBlob config;
  config.digest = digest("config" + n);
  config.media_type = "application/vnd.oci.image.config.v1+json";
  config.size_bytes = 400;
  for (int layer = 0; layer < 3; ++layer) {
    const std::string name = n + "." + std::to_string(layer);
    ImageBlob blob;
    blob.digest = digest("layer" + name);
    blob.media_type = "application/vnd.oci.image.layer.v1.tar+gzip";
    blob.size_bytes = 1'000'000;
    blob.diff_id = digest("diff" + name);
    blob.unpacked_bytes = 2'600'000;
    image.blobs.push_back(blob);
    config.diff_ids.push_back(blob.diff_id);
    config.chain_ids.push_back(digest("chain" + name));
  }
  image.blobs.push_back(config);
  ImageBlob manifest;
  manifest.digest = digest("manifest" + n);
  manifest.media_type = "application/vnd.oci.image.manifest.v1+json";
  manifest.size_bytes = 700;
  manifest.children = {{3, ""}, {0, ""}, {1, ""}, {2, ""}};
  image.blobs.push_back(manifest);
  return image;
}

struct Fixture {
  Catalog catalog;
  Policy policy;
  World world{catalog};
  std::vector<Request> requests;
  int image_count = 0;

  explicit Fixture(int images) : image_count(images) {
    Node node;
    node.profile = find_profile("containerd-2.1");
    node.policy = &policy;
    world.nodes.push_back(node);
    world.node_names.push_back(catalog.intern("node"));
    Registry registry;
    registry.host = catalog.intern("registry.example");
    registry.records = false;
    RegistryApi api(catalog, registry);
    for (int i = 0; i < image_count; ++i) {
      api.seed(catalog.intern("lib/image" + std::to_string(i)), catalog.intern("1"),
               catalog.add_image(make_image(i)));
    }
    world.registries.push_back(registry);
    for (int i = 0; i < image_count; ++i) {
      add("pull", reference(i));
      Request& tag = add("tag", reference(i));
      tag.to = catalog.intern("copy" + std::to_string(i));
      Request& label = add("label-image", reference(i));
      label.labels = {{catalog.intern("team"), catalog.intern("a")}};
      add("remove-image", "copy" + std::to_string(i));
      add("create-lease", "lease" + std::to_string(i)).by = Client::kLibrary;
      add("delete-lease", "lease" + std::to_string(i));
      add("check", reference(i));
      Request& resource = add("add-resource", "lease" + std::to_string(i));
      resource.key = catalog.intern("sha256:manifest" + std::to_string(i));
    }
    for (const Request& request : requests) {
      if (request.type->name == "pull") run(request);
    }
  }

  static std::string reference(int number) {
    return "registry.example/lib/image" + std::to_string(number) + ":1";
  }

  Request& add(std::string_view verb, const std::string& name) {
    Request request;
    request.type = find_operation_type(verb);
    request.node = static_cast<NodeId>(0);
    request.space = catalog.intern("default");
    request.name = catalog.intern(name);
    requests.push_back(request);
    return requests.back();
  }

  bool run(const Request& request) {
    Operation operation = begin(world, request);
    finish(world, operation);
    return operation.status == OperationStatus::kDone;
  }

  // The mix takes only copies of records away, and nothing is collected: all images must be whole.
  bool all_exportable() const {
    for (int i = 0; i < image_count; ++i) {
      if (!is_exportable(world, static_cast<NodeId>(0), catalog.find("default"),
                         catalog.find(reference(i)))) {
        return false;
      }
    }
    return true;
  }
};

void random_operations(benchmark::State& run) {
  Fixture fixture(static_cast<int>(run.range(0)));
  std::mt19937_64 random(7);
  std::array<std::size_t, 4096> order{};
  for (std::size_t& place : order) place = random() % fixture.requests.size();
  std::size_t next = 0;
  std::int64_t done_count = 0;
  for (auto _ : run) {
    done_count += fixture.run(fixture.requests[order[next++ % order.size()]]) ? 1 : 0;
  }
  if (run.iterations() > 1000 && done_count * 2 < run.iterations())
    run.SkipWithError("most operations fail");
  if (!fixture.all_exportable()) run.SkipWithError("an image is not whole any more");
  run.SetItemsProcessed(run.iterations());
  const State& state = fixture.world.nodes[0].state;
  run.counters["objects"] = static_cast<double>(state.objects.count());
  run.counters["state_bytes"] = static_cast<double>(bytes_of(state));
}
BENCHMARK(random_operations)->Arg(28)->Arg(56);

}  // namespace
}  // namespace sweepcheck::bench

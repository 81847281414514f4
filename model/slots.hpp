// Names that are given back. containerd's clients draw a fresh random id for each pod, container,
// lease and extraction; a catalog that interned a million of them would be a million long, and so
// would each state's bits. Here such a name is a slot, "pod-1", "pod-2", ...: whoever needs one
// takes the lowest that is free on the node, and it is free again when its object is gone. The
// catalog grows with how many there are at a time, not with how many there ever were.
//
// A slot is free on a node if no record of that name is there; nodes that share a catalog share the
// names, as every state shares every id, and each has its own free slots. Nothing is kept anywhere:
// a slot is given back by the removal of what had it, whoever removes it.
//
//   const StringId pod = free_name(catalog, node, space, catalog.intern("pod-"));
//
// Clients' leases (Catalog::temporary_lease) and the keys of extractions go by the same rule.
#pragma once

#include "model/catalog/catalog.hpp"
#include "model/node.hpp"

namespace sweepcheck {

/// The first of "<prefix>1", "<prefix>2", ... that no container, sandbox, lease or snapshot of this
/// snapshotter has in a namespace of the node. It interns the name; it is taken when a record of it
/// is made, so two that are asked for one after the other are the same.
StringId free_name(Catalog& catalog, const Node& node, StringId space, StringId prefix,
                   StringId snapshotter = kDefaultSnapshotter.id());

}  // namespace sweepcheck

# The change that docs/tutorial.md finds the fault of: one rule of one generation.
/make_21() {/,/return profile/s/^  profile\.sandbox_lease = true;$/&\n  profile.unpacker_stats_first = true;/

# The change that docs/tutorial.md finds the fault of: one rule, from 2.1 on.
/\.name = "unpacker_stats_first"/,/\.says/s/before({1, 7, 23})/either(before({1, 7, 23}), since(k21))/

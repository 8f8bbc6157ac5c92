"""The parts of tests/bench/run.

samples   what a measurement is, rounds in random order, medians with intervals
table     sections as Markdown
programs  commands, and the CPU time of processes that go on
sizes     how much is measured: --quick, a full run, a slice for ctest
milters   the contenders: ours in each build, and those beside it
through   mail through Postfix            alone     milters without Postfix
tables    loading, editing, reading       reloads   messages during reloads
services  the look-up service             finder    addresses in headers
machine   where it ran

A part is a module with sections(bench), which measures and yields sections. Each
section has one baseline.
"""

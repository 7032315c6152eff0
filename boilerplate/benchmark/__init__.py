"""Measure this package against others on the same pages: quality, CPU time, memory, failures.

`peers` names the others, `environments` finds an interpreter for each, `process` runs one in a process of its own,
`run` takes it through the pages, `figures` makes figures of what came out, `report` shows them. `child` is what
the peers' interpreters execute.
"""

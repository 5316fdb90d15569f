"""A made-up telecom operator with Chinese and Canadian customers: a seeded world, seven feeds, and the truth.

The world comes first (`households`, `names`, `places`, `contacts`, `organisations`): who lives where, with whom, under
which name and number, from when to when.
Each feed then observes a part of it at dates of its own and writes it down as its
system does, with its own errors (`observe`, `mess`, `feeds`). Everything is columnar, so two thousand customers and a
million rows take the same path; everything depends on the seed alone, so two runs give the same bytes.

The world is a timeline (`World.home_at(person, day)` and its siblings), and a record shows the world at its own day.
`benchmarks.operator.life` lets it go on from the day of the sample, night by night.
"""

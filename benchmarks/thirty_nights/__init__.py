"""Thirty nights: the acceptance test of the product, on the life of a made-up operator (`benchmarks.operator.life`).

    python -m benchmarks.thirty_nights --customers 10000 --nights 30 [--seed 7] [--pace 4] [--json OUT]

Each day a channel writes some records one by one and a steward answers some tasks, each carried out by a run of its
own; then comes the night. After every run the store is held against the truth of that date:

* **PINs** (`pins`): no PIN ever passes from one person to another;
* **ID churn** (`pins`): PINs that redirect, are minted or come back without need;
* **rows**: rows read = accepted + unchanged + duplicate + deletion + quarantined + suppressed, and the store holds
  exactly the records that were delivered;
* **F1** (`mdm.evaluate`): of the last night not below the first;
* **one load** (`one_load`): at the end, the final state loaded at once gives the same customers and households.
"""

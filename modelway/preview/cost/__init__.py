"""What a change costs: of every resource what AWS asks a month for it, before and after, and of the environment its budget.

`Costs` takes the steps and the unchanged resources of one stack; `merge` puts stacks together; `findings` says what is over budget.
"""

from modelway.preview.cost.costs import Costs
from modelway.preview.cost.merging import findings, merge, monthly
from modelway.preview.cost.prices import Price, Prices, prices

__all__ = ["Costs", "Price", "Prices", "findings", "merge", "monthly", "prices"]

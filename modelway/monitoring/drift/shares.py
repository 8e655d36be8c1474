"""How many rows have what should be rare, such as no value, and how likely that is where nothing has changed."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from modelway.monitoring.drift.statistics import Floats

EXACT = 10_000
"""Rows up to which chances are summed."""


@dataclass(frozen=True)
class Share:
    """Of `rows`, how many have what `known` rows `of` a reference have: beta-binomial, with half a row for each answer (H. Jeffreys), and
    with `natural`, what time adds to the variance of the share, as a wider beta."""

    rows: int
    known: int
    of: int
    natural: float = 0.0

    @property
    def reference(self) -> float:
        """Share of the reference."""
        return self.known / self.of if self.of else 0.0

    def chances(self, found: int) -> tuple[float, float]:
        """Probability of as many as `found` or more, and of as many or fewer."""
        if self.rows <= EXACT:
            likely = self._likely()
            return min(float(likely[found:].sum()), 1.0), min(float(likely[: found + 1].sum()), 1.0)
        one, other = self._wide()
        more = special.betaincc(one, other, max(found - 0.5, 0.0) / self.rows)
        return float(more), float(special.betainc(one, other, min((found + 0.5) / self.rows, 1.0)))

    def passed(self, chance: float) -> float:
        """The share from which on as many or more are less likely than `chance`."""
        if self.rows <= EXACT:
            more = np.cumsum(self._likely()[::-1])[::-1]
            rare = np.flatnonzero(more < chance)
            return float(rare[0]) / self.rows if rare.size else 1.0
        return min(float(special.betainccinv(*self._wide(), chance)) + 0.5 / self.rows, 1.0)

    def _beta(self) -> tuple[float, float]:
        share = (self.known + 0.5) / (self.of + 1)
        spread = share * (1 - share)
        together = max(spread / (self.natural + spread / (self.of + 2)) - 1, 1e-6)
        return share * together, (1 - share) * together

    def _wide(self) -> tuple[float, float]:
        """So many rows have no steps that are worth summing: a beta distribution with the mean and variance of their share."""
        one, other = self._beta()
        share, together = one / (one + other), one + other
        spread = share * (1 - share)
        whole = spread / (spread * (together + self.rows) / (self.rows * (together + 1))) - 1
        return share * whole, (1 - share) * whole

    def _likely(self) -> Floats:
        """Of 0, 1, … rows: shape (rows + 1,)."""
        one, other = self._beta()
        at = np.arange(self.rows + 1)
        ways = special.gammaln(self.rows + 1) - special.gammaln(at + 1) - special.gammaln(self.rows - at + 1)
        return np.asarray(np.exp(ways + special.betaln(at + one, self.rows - at + other) - special.betaln(one, other)))

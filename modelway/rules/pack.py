"""The rules of the first pack, in the order in which people are told of them."""

from modelway.rules import missing_owner, pinned_digest, public_exposure, traffic_jump, unencrypted_store
from modelway.rules.subjects import Rule

NAME = "modelway"
RULES: tuple[Rule, ...] = (public_exposure.RULE, unencrypted_store.RULE, pinned_digest.RULE, traffic_jump.RULE, missing_owner.RULE)

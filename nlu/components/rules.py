"""Rasa's rules, without looking for what cannot be there, or a second time for what was found."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker

_MOST_REMEMBERED = 4000
_WORDS = '"text": '
"""How the key of a rule that has a citizen's words in it tells so."""


@DefaultV1Recipe.register(
    DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True
)
class PromptRulePolicy(RulePolicy):
    """Predicts what `RulePolicy` predicts, sooner.

    Rasa compares all rules with the conversation's states several times a turn (an eighth of its cost), and first of
    all with the words themselves in place of the intent, which only a rule with words in it could fit.
    """

    _is_learned = False
    _has_words = True

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PromptRulePolicy:
        """Load what was trained; from here on the rules stay as they are."""
        policy = super().load(config, model_storage, resource, execution_context, **kwargs)
        policy._is_learned = True
        policy._has_words = any(_WORDS in key for key in policy.lookup[RULES])
        policy._remembered = OrderedDict()
        return policy  # type: ignore[no-any-return]

    def _find_action_from_rules(
        self, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
    ) -> tuple[str | None, str | None, bool]:
        if use_text_for_last_user_input and not self._has_words:
            return None, None, False
        return super()._find_action_from_rules(tracker, domain, use_text_for_last_user_input)  # type: ignore[no-any-return]

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if not self._is_learned:
            return super()._get_possible_keys(lookup, states)  # type: ignore[no-any-return]
        key = (lookup is self.lookup[RULES], json.dumps(states, sort_keys=True))
        found: set[str] | None = self._remembered.get(key)
        if found is None:
            found = self._remembered[key] = super()._get_possible_keys(lookup, states)
            if len(self._remembered) > _MOST_REMEMBERED:
                self._remembered.popitem(last=False)
        return found

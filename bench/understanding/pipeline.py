"""Stock Rasa's pipeline for Chinese, as data."""

from __future__ import annotations

from typing import Any

# What `rasa init` writes for a language without blanks: docs/tuning-your-model, "default pipeline".
PIPELINE: list[dict[str, Any]] = [
    {"name": "JiebaTokenizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": 100, "constrain_similarities": True},
]

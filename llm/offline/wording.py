"""The offline model's words in the language of the lead."""

from collections.abc import Mapping

from leads.languages import Language
from llm.offline.phrases import Spanish
from llm.offline.phrases_en import English
from llm.offline.phrases_pt import Portuguese

Words = type[Spanish]
WORDS: Mapping[Language, Words] = {"es": Spanish, "en": English, "pt": Portuguese}

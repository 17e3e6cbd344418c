"""What one attack is."""

from dataclasses import dataclass
from typing import Any

Call = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Attack:
    """The lead ``says`` it; the model ``calls`` tools, then ``answers``, and stays with it.

    ``name`` is the lead's name on their channel, ``before`` what they wrote earlier, ``document`` an
    entry of the knowledge base, ``file`` the name of a file that they send. ``never`` may not be in
    what goes out, whatever signs it is hidden among. In calls "{…}" stands for an id of the stage.
    ``owes``: the lead has a debt.
    """

    id: str
    says: str
    answers: str = ""
    never: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    name: str = ""
    before: tuple[str, ...] = ()
    document: str = ""
    file: str = ""
    owes: bool = False

"""What the data could not settle: one question each, with a default."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Question:
    """A choice that a person may make."""

    about: str
    """The part of the spec."""
    sentence: str
    options: tuple[str, ...]
    default: str
    reason: str
    """Why the default is the default."""


Ask = Callable[[Question], str]
"""Returns one of the question's options."""


@dataclass(frozen=True)
class Asked:
    """A question, and what was chosen."""

    question: Question
    answer: str


class Log:
    """Asks, and remembers what was asked and chosen."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._asked: dict[Question, str] = {}

    def __call__(self, question: Question) -> str:
        """Return the answer; the same question is asked once."""
        if question not in self._asked:
            self._asked[question] = self._ask(question)
        return self._asked[question]

    @property
    def asked(self) -> tuple[Asked, ...]:
        return tuple(Asked(question, answer) for question, answer in self._asked.items())


def take_defaults(question: Question) -> str:
    """Return the default."""
    return question.default

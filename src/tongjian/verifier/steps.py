"""What a verification says: the steps that held, or the one that did not."""

from dataclasses import dataclass


class VerificationFailed(Exception):
    """A receipt that does not hold: at which step, why, and the evidence."""

    def __init__(self, step: int, title: str, why: str) -> None:
        """Take the number and title of the step and the reason with its evidence."""
        super().__init__(f"step {step}, {title}: {why}")
        self.step = step
        self.title = title
        self.why = why


@dataclass(frozen=True)
class Step:
    """One step that was checked and what it proves."""

    number: int
    title: str
    proves: str

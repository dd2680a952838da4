"""What another service may import: persons and their mandates to read; nothing to write.

An act in which a person is a party asks for them with `core.permission.party`. What belongs to a
person, such as a credential, is good only while `is_in_force` says so: suspension and death are in
the person's row in the block in which they are recorded (IDN-I8).
"""

from tongjian.core.persons import MANDATES, PERSONS, Mandate, Person

__all__ = ["MANDATES", "PERSONS", "Mandate", "Person", "is_in_force"]


def is_in_force(person: Person | None) -> bool:
    """Say whether a pseudonym is registered, not suspended, and its person alive."""
    return person is not None and person.status == "active"

"""All services of a release: what the machine runs, indexed by act, table and event."""

from collections.abc import Iterator
from typing import Any, Union

from tongjian.core import limits
from tongjian.core.encoding import Codec
from tongjian.core.links import Link
from tongjian.core.operation import Act, AnyTable, Event, Operation, Service


class Registry:
    """All services of a release, in order of name: what the machine runs."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        """Index operations by act; refuse two services, tags or tables of one name."""
        self.services = {service.name: service for service in services}
        if len(self.services) != len(services) or list(self.services) != sorted(self.services):
            msg = "services must have distinct names and come in order of name"
            raise ValueError(msg)
        self.tables: dict[str, AnyTable] = {}
        self._operations: dict[type[Act], list[Operation]] = {}
        for service in services:
            self._add(service)
        self._check_followers()
        acts = tuple(self._operations)
        self.act_union: Any = Union[acts] if acts else Act  # noqa: UP007 - built at run time
        events = tuple(dict.fromkeys(e for o in self.operations() for e in o.events))
        self.event_codec = Codec(Union[events] if events else Event, limits.ROW_BYTES_MAX)  # noqa: UP007
        self.act_codec = Codec(self.act_union, limits.ROW_BYTES_MAX)
        self.tags = {o.tag: o for o in self.operations()}

    def _add(self, service: Service) -> None:
        for table in service.tables:
            if table.name in self.tables or not table.name.startswith(service.name + "."):
                msg = f"table {table.name} is declared twice or outside its service"
                raise ValueError(msg)
            self.tables[table.name] = table
        for operation in service.operations:
            tag = operation.act.__struct_config__.tag
            if tag != operation.tag:
                msg = f"the act of {operation.tag} is tagged {tag}"
                raise ValueError(msg)
            versions = self._operations.setdefault(operation.act, [])
            if any(operation.since == other.since for other in versions):
                msg = f"{operation.tag} is declared twice for version {operation.since}"
                raise ValueError(msg)
            versions.append(operation)

    def links(self) -> Iterator[Link]:
        """Yield how rows refer to rows, where both tables are of this registry."""
        for service in self.services.values():
            for link in service.links:
                if link.source.name in self.tables and link.to.name in self.tables:
                    yield link

    def _check_followers(self) -> None:
        """Refuse a consequence that no service decides, or that could cause itself again."""
        causes = {
            act: [follower for operation in found for follower in operation.follows]
            for act, found in self._operations.items()
        }
        settled: dict[type[Act], bool] = {}

        def settle(act: type[Act], path: tuple[type[Act], ...]) -> None:
            if act not in causes or act in path:
                names = " → ".join(step.__name__ for step in (*path, act))
                msg = f"{names}: a consequence must be an act of a service, and never its own cause"
                raise ValueError(msg)
            if act not in settled:
                for follower in causes[act]:
                    settle(follower, (*path, act))
                settled[act] = True

        for act in causes:
            settle(act, ())

    def operations(self) -> Iterator[Operation]:
        """Yield every operation, oldest rule version first."""
        for versions in self._operations.values():
            yield from sorted(versions, key=lambda operation: operation.since)

    def operation(self, act: Act, version: int) -> Operation | None:
        """Return the operation that decides an act under a rule version, or none."""
        found = None
        for operation in self._operations.get(type(act), ()):
            if operation.since <= version and (found is None or operation.since > found.since):
                found = operation
        return found

    def table_of(self, key: bytes) -> AnyTable | None:
        """Return the table a row key belongs to, or none."""
        name, _, _ = key.partition(b"\x00")
        return self.tables.get(name.decode("ascii", "replace"))

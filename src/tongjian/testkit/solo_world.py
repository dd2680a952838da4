"""A world on a real ledger: blocks are sealed, durable and provable, keys sign for real.

What is played on a `World` in memory plays on a folder as well: the same towns, the same steps.
"""

import sys
from pathlib import Path
from typing import Any, Final, cast

from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SERVICES,
    Activation,
    Key,
)
from tongjian.core.encoding import replace
from tongjian.core.envelope import compose, verify_signatures
from tongjian.core.genesis import (
    FoundedKey,
    FoundedOffice,
    FoundedOfficer,
    FoundedParameter,
    FoundedService,
    Genesis,
)
from tongjian.core.hashing import HashSuite, sha256
from tongjian.core.operation import Act, AnyTable
from tongjian.core.registry import Registry
from tongjian.engines.chain import Chain
from tongjian.node.home import KEYS_NAME, SEAL_KEY_NAME, Home
from tongjian.node.keys import KeyPair, SealKeys, write_key
from tongjian.node.signing import sign_body
from tongjian.storage.memory import MemoryState
from tongjian.testkit.world import NOON_MS, Person, World

EXPIRY_BLOCKS: Final = 100


class SoloWorld(World):
    """A world whose blocks stand in a folder; close it, or use it in a `with`."""

    def __init__(
        self,
        folder: Path,
        *,
        services: dict[str, int] | None = None,
        start_ms: int = NOON_MS,
        registry: Registry | None = None,
    ) -> None:
        """Take where the ledger goes, and what `World` takes.

        A ledger runs all services of the release: of `registry` it is only taken which are active.
        """
        if services is None and registry is not None:
            services = {name: service.version for name, service in registry.services.items()}
        super().__init__(services=services, start_ms=start_ms)
        self.home = Home(folder)
        self._pairs: dict[bytes, KeyPair] = {}
        self._chain: Chain | None = None
        self._founded_ms = self.now_ms
        self._seal = KeyPair(sha256(b"operator"), sha256)

    @property
    def chain(self) -> Chain:
        """The ledger, founded when it is first asked for."""
        if self._chain is None:
            self._chain = self._open()
        return self._chain

    def person(self, name: str, office: str, *roles: str, **given: Any) -> Person:
        """Found an officer with roles and a key that signs for real."""
        who = super().person(name, office, *roles, **given)
        pair = KeyPair(sha256(b"key of " + name.encode()), sha256)
        founded = self._founding.pop(KEYS.key(who.key))
        key: Key = replace(KEYS.codec.decode(founded), public=pair.public)
        self._found(KEYS, key, pair.id)
        self._pairs[pair.id] = pair
        return Person(who.name, pair.id, who.officer, who.person, who.office)

    def block(
        self,
        *transactions: tuple[tuple[Person, ...], tuple[Act, ...]],
        vector: str | None = None,
    ) -> list[Result]:
        """Record one block of transactions and return all results, deadlines first."""
        del vector
        chain = self.chain
        incoming = [chain.opener.open(self._signed(chain, *each)) for each in transactions]
        for one in incoming:
            verify_signatures(one, chain.machine.directory)
        self.height, applied = chain.apply(self.now_ms, incoming, SealKeys(self._seal))
        for result in applied.results:
            self.events.extend(self.registry.event_codec.decode(e) for e in result.events)
        return list(applied.results)

    def row(self, table: AnyTable, *key: Any) -> Any:
        """Return a row of the current state, or none."""
        return self.chain.store.row(table, table.key(*key))

    def rows(self) -> dict[bytes, bytes]:
        """Return the whole current state."""
        return dict(self.chain.store.scan(b"\x01", b"\xff", 10**9))

    def close(self) -> None:
        """Close the ledger's files."""
        if self._chain is not None:
            self._chain.close()

    def _signed(self, chain: Chain, who: tuple[Person, ...], acts: tuple[Act, ...]) -> bytes:
        self._nonce += 1
        body = compose(
            chain=chain.chain_id,
            expiry=self.height + EXPIRY_BLOCKS,
            nonce=self._nonce.to_bytes(16, "big"),
            signers=tuple(person.key for person in who),
            acts=acts,
        )
        return sign_body(chain.chain_id, [self._pairs[one.key] for one in who], body)

    def _open(self) -> Chain:
        genesis = self._genesis()
        self.home.found(genesis, self._seal, {})
        keys = self.home.folder / KEYS_NAME
        keys.mkdir(mode=0o700)
        write_key(keys / f"{SEAL_KEY_NAME}.json", sha256(b"operator"), SEAL_KEY_NAME)
        chain = Chain(self.home.folder, genesis, writable=True)
        self.machine, self.state = chain.machine, cast(MemoryState, chain.store)
        return chain

    def _genesis(self) -> Genesis:
        """Return the founding document that the founded rows make."""
        services: list[FoundedService] = []
        parameters: list[FoundedParameter] = []
        offices: list[FoundedOffice] = []
        officers: list[FoundedOfficer] = []
        keys: list[FoundedKey] = []
        # Other rows that a world was given ready-made no ledger begins with: they are left out.
        for encoded, row in sorted(self._founding.items()):
            for table in (SERVICES, PARAMETERS, OFFICES, OFFICERS, KEYS):
                if not encoded.startswith(table.prefix):
                    continue
                parts, decoded = table.split(encoded), table.codec.decode(row)
                if table is SERVICES:
                    activation: Activation = decoded
                    services.append(FoundedService(name=parts[0], version=activation.version))
                elif table is PARAMETERS:
                    service, name, from_ms = parts
                    parameters.append(
                        FoundedParameter(
                            service=service, name=name, from_ms=from_ms, parameter=decoded
                        )
                    )
                elif table is OFFICES:
                    offices.append(FoundedOffice(uscc=parts[0], office=decoded))
                elif table is OFFICERS:
                    officers.append(FoundedOfficer(id=parts[0], officer=decoded))
                else:
                    keys.append(FoundedKey(id=values.key_id(parts[0]), key=decoded))
        return Genesis(
            version=1,
            label=values.label("world"),
            hash_suite=int(HashSuite.SHA256),
            python_minor=sys.version_info.minor,
            time_ms=values.time_ms(self._founded_ms),
            seal_suite=1,
            seal_public=self._seal.public,
            services=tuple(services),
            parameters=tuple(parameters),
            offices=tuple(offices),
            officers=tuple(officers),
            keys=tuple(keys),
        )

"""Finds the services: every folder under `services`, in order of name; adding one edits nothing."""

import datetime as dt
import importlib
import pkgutil
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from tongjian import services
from tongjian.core.calendar import Date, legal_day_start
from tongjian.core.directory import PARAMETERS, Parameter
from tongjian.core.encoding import encode
from tongjian.core.genesis import FoundedParameter
from tongjian.core.operation import Operation, RefusalCode, Service
from tongjian.core.registry import Registry
from tongjian.core.values import label, name


@cache
def load_registry() -> Registry:
    """Return all services of this release; raises `ValueError` where two share a name."""
    return Registry(tuple(service_of(module) for module in service_modules()))


def service_modules() -> list[ModuleType]:
    """Return the package of each service, sorted by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(services.__path__))
    return [importlib.import_module(f"{services.__name__}.{name}") for name in names]


def service_of(module: ModuleType) -> Service:
    """Return the service that a package declares as `service`, with its acts and views loaded."""
    for part in ("acts", "views"):
        importlib.import_module(f"{module.__name__}.{part}")
    service = module.service
    if not isinstance(service, Service):
        msg = f"{module.__name__} does not declare a Service named `service`"
        raise TypeError(msg)
    return service


def citations(law: str) -> tuple[str, ...]:
    """Split the `law` of an operation into citations, one an article.

    `Data Security Law art. 6, 39; VAT Law art. 9` cites three; a norm alone cites itself.
    """
    cited: list[str] = []
    for part in law.split("; "):
        norm, _, articles = part.partition(" art. ")
        cited.extend(f"{norm} art. {article}" for article in articles.split(", ") if article)
        if not articles:
            cited.append(norm)
    return tuple(cited)


def refusals_of(operation: Operation, refusals: type[RefusalCode]) -> list[RefusalCode]:
    """Return the refusals that a handler, or a helper of its service, names, in order."""
    named: dict[str, None] = {}
    package = f"{services.__name__}.{operation.service}"
    if isinstance(operation.handler, FunctionType):
        _gather(operation.handler, package, named, {})
    return [code for code in refusals if code.name in named]


def _gather(
    function: FunctionType, package: str, named: dict[str, None], seen: dict[FunctionType, None]
) -> None:
    if function in seen:
        return
    seen[function] = None
    for word in _names(function.__code__):
        named[word] = None
        used = function.__globals__.get(word)
        if isinstance(used, FunctionType) and used.__module__.startswith(package):
            _gather(used, package, named, seen)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


class ParametersWrong(ValueError):
    """A `parameters.toml` that cannot be read as dated values; the text names the entry."""


def load_parameters(service: str) -> tuple[FoundedParameter, ...]:
    """Return the dated values that a service's `parameters.toml` gives to a new ledger.

    Each `[name]` has a `unit`, the words `zh` and `en`, and `[[name.dated]]` entries: `from` (a day
    that begins at 00:00 in Shanghai), `values`, `source` (a label that goes on the ledger), `law`
    (for people). Empty where the service has no such file. Raises `ParametersWrong`.
    """
    path = Path(services.__path__[0]) / service / "parameters.toml"
    if not path.is_file():
        return ()
    founded: list[FoundedParameter] = []
    for parameter, entry in tomllib.loads(path.read_text("utf-8")).items():
        for dated in entry["dated"]:
            try:
                founded.append(_founded(service, parameter, dated))
            except (KeyError, TypeError, ValueError) as error:
                msg = f"{service}/parameters.toml, {parameter}, from {dated.get('from')}: {error}"
                raise ParametersWrong(msg) from error
    return tuple(founded)


def _founded(service: str, parameter: str, dated: dict[str, Any]) -> FoundedParameter:
    day = dated["from"]
    if type(day) is not dt.date or not dated["law"]:
        msg = "`from` is a day and `law` says where the value stands"
        raise TypeError(msg)
    row = Parameter(values=tuple(dated["values"]), source=label(dated["source"]))
    PARAMETERS.codec.decode(encode(row))
    start = legal_day_start(Date(day.year, day.month, day.day))
    return FoundedParameter(
        service=name(service), name=name(parameter), from_ms=start, parameter=row
    )

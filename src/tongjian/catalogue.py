"""Finds the services: every folder under `services`, in order of name. Adding one edits nothing else."""

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from tongjian import services
from tongjian.core.operation import Registry, Service


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

"""The standard ``dataclass(slots=True)``, frozen or not, made in a sixth of the time.

WORKAROUND Python 3.11 and 3.12 (packaging/bench, G13): dataclass compiles seven methods of every class one by one,
0.43 ms a class; a hundred records were a quarter of all that the program does before its first picture. Only
``__init__`` is compiled here, when the first record of a class is made; all else is shared. From 3.13 on the standard
one compiles them in one go: with that as our least version this module can go. Knows no options but those below, and
neither kw_only fields nor InitVar.
"""

import dataclasses
import operator
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass, replace
else:

    def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True) -> Callable[[type], type]:
        """Make a class a record; call it as the standard one."""
        if not slots or (frozen and not eq):
            raise TypeError("only records with slots are made here, and frozen ones compare")
        return partial(_made, is_frozen=frozen, compares=eq)

    def replace(record: object, /, **changes: object) -> object:
        """Make a copy of a record with other values; a third of the standard one's time."""
        kind = type(record)
        copy = _copies.get(kind)
        if copy is None:
            copy = _copies[kind] = _copier(kind)
        return copy(record, **changes)


__all__ = ["dataclass", "replace"]

_T = TypeVar("_T")
_UNSET = object()
_copies: dict[type, Callable[..., object]] = {}


def _made(cls: type[_T], *, is_frozen: bool, compares: bool) -> type[_T]:
    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # else its signature would be worked out and put there, 2 ms for the first one
    described = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(described)  # type: ignore[arg-type]  # it is one now
    names = tuple(field.name for field in fields)
    values: Callable[[object], object] = operator.attrgetter(*names) if names else lambda _: ()

    def equals(self: object, other: object) -> object:
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(values(self))

    namespace = {name: value for name, value in vars(cls).items() if name not in (*names, "__dict__", "__weakref__")}
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
    namespace["__slots__"] = tuple(name for name in names if name not in inherited)
    if compares:
        namespace.setdefault("__eq__", equals)
    if is_frozen:
        namespace["__hash__"] = namespace.get("__hash__") or hashed  # whoever writes __eq__ has None for a hash
        namespace["__setattr__"] = namespace["__delattr__"] = _refuse
    elif compares:
        namespace.setdefault("__hash__", None)  # what may change is no key
    namespace.setdefault("__repr__", _told)
    make: Callable[..., type[_T]] = type(cls)
    made = make(cls.__name__, cls.__bases__, namespace)
    made.__qualname__ = cls.__qualname__
    type.__setattr__(made, "__init__", _first_initializer(made, fields))
    return made


def _first_initializer(made: type, fields: tuple["dataclasses.Field[object]", ...]) -> Callable[..., None]:
    def __init__(self: object, *given: object, **named: object) -> None:  # noqa: N807
        initializer = _initializer(made, fields)
        type.__setattr__(made, "__init__", initializer)
        initializer(self, *given, **named)

    return __init__


def _initializer(made: type, fields: tuple["dataclasses.Field[object]", ...]) -> Callable[..., None]:
    known: dict[str, object] = {"_unset": _UNSET}
    wanted, steps = ["self"], []
    for field in fields:
        name, value = field.name, field.name
        known[f"_put_{name}"] = getattr(made, name).__set__  # past the guard, and without looking the name up
        if field.default_factory is not dataclasses.MISSING:
            known[f"_make_{name}"] = field.default_factory
            wanted.append(f"{name}=_unset")
            value = f"_make_{name}() if {name} is _unset else {name}"
        elif field.default is not dataclasses.MISSING:
            known[f"_default_{name}"] = field.default
            wanted.append(f"{name}=_default_{name}")
        else:
            wanted.append(name)
        steps.append(f" _put_{name}(self, {value})")
    if hasattr(made, "__post_init__"):
        steps.append(" self.__post_init__()")
    source = f"def __init__({', '.join(wanted)}):\n" + "\n".join(steps or [" pass"])
    exec(source, known)  # noqa: S102  # names of fields and nothing else, as in the standard one
    initializer: Callable[..., None] = known["__init__"]  # type: ignore[assignment]
    initializer.__qualname__ = f"{made.__qualname__}.__init__"
    return initializer


def _copier(kind: type) -> Callable[..., object]:
    names = [field.name for field in dataclasses.fields(kind)]
    wanted = "".join(f", {name}=_unset" for name in names)
    values = ", ".join(f"_record.{name} if {name} is _unset else {name}" for name in names)
    known: dict[str, object] = {"_unset": _UNSET, "_make": kind}
    exec(f"def copy(_record{wanted}):\n return _make({values})", known)  # noqa: S102  # names of fields, as above
    copier: Callable[..., object] = known["copy"]  # type: ignore[assignment]
    return copier


def _told(self: object) -> str:
    return f"{type(self).__qualname__}({', '.join(_parts(self))})"


def _parts(record: object) -> Iterator[str]:
    for field in dataclasses.fields(record):  # type: ignore[arg-type]
        if field.repr:
            yield f"{field.name}={getattr(record, field.name)!r}"


def _refuse(_self: object, name: str, *_value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change field {name!r}")

"""Service bindings: secrets mounted as files by the platform (servicebinding.io, 'Workload Projection')."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from buildpack_api.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


CA_CERTIFICATES = "ca-certificates"
CERTIFICATES = "certificates (PEM) that are trusted beside those of the machine"
"""What the entries of a binding of that type are."""


@dataclass(frozen=True)
class Binding:
    """One binding. Its secrets are file paths, read on demand; no representation of it shows a value."""

    name: str
    type: str
    provider: str = ""
    secrets: Mapping[str, Path] = field(default_factory=dict, repr=False)

    def read(self, key: str) -> bytes:
        """Return a secret, verbatim. Raises ConfigurationError if it is missing or unreadable."""
        path = self.secrets.get(key)
        if path is None:
            raise ConfigurationError(
                f"The binding {self.name!r} of type {self.type!r} has no entry {key!r}",
                advice=f"Add a file named {key!r} to the binding.",
            )
        try:
            return path.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"Cannot read {path}: {error.strerror}") from error


def read_bindings(environ: Mapping[str, str], platform_dir: Path) -> tuple[Binding, ...]:
    """Return the bindings below ``$SERVICE_BINDING_ROOT``, else ``<platform>/bindings``, sorted by name.

    A directory without a file ``type`` is no binding and passed over: it may belong to another buildpack.
    """
    root = Path(environ.get("SERVICE_BINDING_ROOT") or platform_dir / "bindings")
    if not root.is_dir():
        return ()
    directories = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    return tuple(_binding(path) for path in directories if (path / "type").is_file())


def find_bindings(bindings: Iterable[Binding], type_: str, provider: str = "") -> tuple[Binding, ...]:
    """Return the bindings of a type, and of a provider if one is given; upper and lower case are the same."""
    return tuple(
        binding
        for binding in bindings
        if binding.type.lower() == type_.lower()
        and (not provider or binding.provider.lower() == provider.lower())
    )


def _binding(directory: Path) -> Binding:
    # Kubernetes mounts entries as links into a directory "..data": names with two dots are not entries.
    entries = {
        path.name: path
        for path in sorted(directory.iterdir())
        if path.is_file() and not path.name.startswith("..")
    }
    kind, provider = (_word(entries.pop(name, None)) for name in ("type", "provider"))
    return Binding(directory.name, kind, provider, entries)


def _word(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        return path.read_text("utf-8", errors="replace").strip()
    except OSError as error:
        raise ConfigurationError(f"Cannot read {path}: {error.strerror}") from error

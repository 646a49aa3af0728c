"""The parts of the real platform, as the shorter end-to-end tests have them."""

from e2e.conftest import (
    assembled,
    build_base,
    build_image,
    lifecycle,
    packages,
    podman,
    registry,
    run_base,
    run_image,
    runtimes,
    samples,
    scratch,
)

__all__ = (
    "assembled", "build_base", "build_image", "lifecycle", "packages", "podman", "registry", "run_base",
    "run_image", "runtimes", "samples", "scratch",
)  # fmt: skip

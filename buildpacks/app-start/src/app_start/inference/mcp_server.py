"""Servers of the Model Context Protocol that listen: ``mcp.run(transport="http")``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.module import assigned, constant

if TYPE_CHECKING:
    from pathlib import Path

    from app_start.inference.module import Module
    from app_start.inference.project import Project

_TRANSPORTS = frozenset({"http", "sse", "streamable-http"})
STDIN = "{} talks over its standard input, as far as is seen: docker run -i IMAGE."
_METHODS = {
    "run": "",
    "run_async": "",
    "run_http_async": "http",
    "run_streamable_http_async": "streamable-http",
    "run_sse_async": "sse",
}
"""With the transport that they have without being told."""


@dataclass(frozen=True)
class McpHttpServer:
    """Which server is started, how, and where it listens, as far as the call, or its constructor, says so."""

    name: str
    transport: str
    host: ast.expr | None
    port: ast.expr | None
    path: str


def http_server(module: Module, call: ast.Call) -> McpHttpServer | None:
    """Return what a call starts; None for a server that reads its standard input, and for anything else."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return None
    if function.attr not in _METHODS:
        return None
    named = {one.arg: one.value for one in call.keywords if one.arg}
    first = call.args[0] if call.args else None
    transport = constant(named.get("transport", first)) or _METHODS[function.attr]
    if transport not in _TRANSPORTS:
        return None
    made = _constructor(module, function.value.id)
    host, port = (named.get(one, made.get(one)) for one in ("host", "port"))
    return McpHttpServer(function.value.id, transport, host, port, constant(named.get("path")))


def talks_over_stdin(project: Project, folder: Path) -> bool:
    """Whether files of a directory are an MCP server, and none of them says that it listens."""
    modules = [project.module(path) for path in project.files if path.parent == folder]
    found = [one for one in modules if one and (one.imports_any("mcp.server") or "FastMCP" in one.imports)]
    calls = ((one, node) for one in found for node in ast.walk(one.tree) if isinstance(node, ast.Call))
    return bool(found) and all(http_server(module, call) is None for module, call in calls)


def _constructor(module: Module, name: str) -> dict[str, ast.expr]:
    """Return the named arguments of the call that makes an object of the module."""
    for node in module.statements:
        pair = assigned(node)
        if pair and pair[0] == name and isinstance(pair[1], ast.Call):
            return {one.arg: one.value for one in pair[1].keywords if one.arg}
    return {}

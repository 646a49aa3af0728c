"""Servers of the Model Context Protocol that listen: ``mcp.run(transport="http")``."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app_start.inference.module import assigned, constant

if TYPE_CHECKING:
    from app_start.inference.module import Module

_TRANSPORTS = frozenset({"http", "sse", "streamable-http"})
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


def _constructor(module: Module, name: str) -> dict[str, ast.expr]:
    """Return the named arguments of the call that makes an object of the module."""
    for node in module.statements:
        pair = assigned(node)
        if pair and pair[0] == name and isinstance(pair[1], ast.Call):
            return {one.arg: one.value for one in pair[1].keywords if one.arg}
    return {}

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks who includes whom.

The device core is layered (docs/architecture.md): a file may include headers of its own layer and
of the layers that LAYERS names, the public headers of those, and a few C headers. Also checked:
no #if in the engines, few of them elsewhere, and none inside of a public declaration.
"""
import re

import checklib

# layer: (layers it may include, public headers it brings)
LAYERS = {
    "base": ((), "config err log version"),
    "codec": (("base",), "port image slot job config"),
    "crypto": (("codec",), ""),
    "flash": (("codec",), ""),
    "engine": (("crypto", "flash"), "session"),
    "link": (("engine",), "mqtt http gatt agent"),  # agent: what the user configures
    "agent": (("link",), "ota"),
    "boot": (("crypto", "flash"), "boot"),
}
C_HEADERS = {"limits.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "string.h", "assert.h"}
# A port implements public interfaces. The simulated boards are a user of the flash layer, too; the
# HTTP client of lwIP takes redirections apart as the core does URLs.
PORTS = {"sim": ("flash",), "lwip": ("base", "codec")}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef)\b\s*(.*)")
IFS_PER_1000 = 10


def reach(layer):
    """The layer and everything below it."""
    seen = {layer}
    for below in LAYERS[layer][0]:
        seen |= reach(below)
    return seen


def layer_of(path):
    """Layer of a source file, or None if it is no part of the core."""
    if path.parts[0] == "boot":
        return "boot"
    return path.parts[1] if path.parts[0] == "src" and len(path.parts) > 2 else None


def conditions(lines):
    """Conditionals that are neither the include guard nor the one for C++."""
    found = [(n, m.group(1), m.group(2)) for n, m in
             ((n, CONDITION.match(line)) for n, line in enumerate(lines, 1)) if m]
    return [(n, rest) for n, kind, rest in found
            if not (kind == "ifndef" and re.match(r"OTA_\w*_H$", rest)) and rest != "__cplusplus"]


def check_include(layer, path, kind, name, root):
    """Text of what is wrong with an include, or None."""
    allowed = reach(layer)
    if kind == "<":
        if name in C_HEADERS:
            return None
        return f"<{name}> is not for the core; platform code belongs in ports/"
    if name.startswith("ota/"):
        public = {h for l in allowed for h in LAYERS[l][1].split()}
        if name[4:-2] in public:
            return None
        return f'{layer} may not include "{name}" (public headers for it: {sorted(public)})'
    if "/" not in name:
        if (root / path.parent / name).exists():
            return None
        return f'"{name}" is not beside this file; write the layer, as in "base/out.h"'
    target = name.split("/")[0]
    if target in allowed:
        return None
    return f'{layer} may not include "{name}" (layers for it: {sorted(allowed)})'


def cycles(graph):
    """One list of headers for each include cycle."""
    done, found = set(), []

    def walk(node, trail):
        if node in trail:
            found.append(trail[trail.index(node):] + [node])
        elif node not in done:
            for following in graph.get(node, ()):
                walk(following, trail + [node])
            done.add(node)
    for node in sorted(graph):
        walk(node, [])
    return found


def resolve(root, path, name):
    """The project's file that an include names, or None."""
    for base in (path.parent, "src", "include", "boot", "ports"):
        candidate = checklib.pathlib.PurePath(base) / name
        if (root / candidate).is_file():
            return str(candidate)
    return None


def check_conditions(found, path, lines, layer, counts):
    extra = conditions(lines)
    if layer == "engine":
        for n, rest in extra:
            found.error(f"{path}:{n}", f"#if {rest}: engines have one behaviour; use an argument")
    if path.parts[:2] == ("include", "ota") and path.name != "config.h":
        for n, rest in extra:
            found.error(f"{path}:{n}", f"#if {rest}: public declarations do not depend on options")
    if layer:
        counts[0] += len(extra)
        counts[1] += len(lines)


def main():
    args = checklib.arguments(__doc__)
    found = checklib.Findings("check-layers")
    graph, counts = {}, [0, 0]
    paths = [p for p in checklib.files(args.root, ".c", ".h")
             if p.parts[0] in ("src", "boot", "include", "ports")]
    for path in paths:
        lines = checklib.text(args.root, path)
        layer = layer_of(path)
        if path.parts[0] == "src" and layer not in LAYERS and layer != "compat":
            found.error(path, "is in no known layer; add it to LAYERS here and in "
                        "docs/architecture.md")
            continue
        for n, line in enumerate(lines, 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            if layer in LAYERS:
                wrong = check_include(layer, path, kind, name, args.root)
                if wrong:
                    found.error(f"{path}:{n}", wrong)
            if (path.parts[0] == "ports" and kind == '"' and name.split("/")[0] in LAYERS
                    and name.split("/")[0] not in PORTS.get(path.parts[1], ())):
                found.error(f"{path}:{n}", f'a port may not include "{name}": it implements the '
                            "public interfaces, and knows nothing of the core's inside")
            if layer == "compat" and kind == '"' and not name.startswith("ota/") and not any(
                    (args.root / folder / name).exists() for folder in
                    (path.parent, "include/compat", "include/compat/platform")):
                found.error(f"{path}:{n}", "the compatibility layer uses the public API only")
            target = resolve(args.root, path, name) if kind == '"' else None
            if target and path.suffix == ".h":
                graph.setdefault(str(path), set()).add(target)
        check_conditions(found, path, lines, layer, counts)
    for cycle in cycles(graph):
        found.error(cycle[0], "includes itself: " + " -> ".join(cycle))
    if counts[1] and counts[0] * 1000 > IFS_PER_1000 * max(counts[1], 1000):
        found.error("src/", f"{counts[0]} #if in {counts[1]} lines; at most {IFS_PER_1000} per "
                    "1000: replace them with a table or an interface")
    found.report(f"{len(paths)} files")


main()

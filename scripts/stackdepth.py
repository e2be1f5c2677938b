# SPDX-License-Identifier: Apache-2.0
"""The deepest stack below a function, from what gcc writes with -fcallgraph-info=su.

A call through a pointer is resolved by how it is written in the source: CALLED says what may be
behind it. What is not listed belongs to the application or its ports, and counts nothing.
"""
import re

CALLED = (
    (r"link->prepare\(", ("prepare",)),
    (r"link->begin\(", ("begin",)),
    (r"link->poll\(", ("poll_link",)),
    (r"link->close\(", ("close_link",)),
    (r"link->init\(", ("init",)),
    (r"\bvisit\(", ("take", "take_receipt", "take_member", "take_element", "take_file_member")),
    (r"src->read\(", ("read_area", "read_plain")),
    (r"stored->read\(", ("read_area",)),
    (r"decryption->ops->open\(", ("open",)),
    (r"env->data\(", ("ota_agent_take_data",)),
    (r"env->restart\(", ("ota_agent_restart_image",)),
    (r"ops->poll\(", ("on_event",)),  # clients call back
)
CLIENT_LINK = "link/"  # begin, init and the like: those of the links, not of other files


def read(build, root):
    """({function: stack}, {function: {callee}}); static functions carry their file."""
    stack, calls = {}, {}
    for page in build.rglob("src/**/*.ci"):
        for line in page.read_text().splitlines():
            node = re.match(r'node: \{ title: "([^"]+)" label: "[^"]*\\n(\d+) bytes', line)
            edge = re.match(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)" '
                            r'label: "([^"]+):(\d+):\d+"', line)
            if node:
                stack[node[1]] = int(node[2])
            elif edge and edge[2] != "__indirect_call":
                calls.setdefault(edge[1], set()).add(edge[2])
            elif edge:
                # A compiler cache may have made the path relative to the build.
                source = root / "src" / edge[3].rpartition("src/")[2]
                source = source.read_text().splitlines()
                text = " ".join(source[int(edge[4]) - 1:int(edge[4]) + 1])
                names = next((n for pattern, n in CALLED if re.search(pattern, text)), ())
                calls.setdefault(edge[1], set()).update("*" + n for n in names)
    return stack, calls


def resolve(name, stack):
    """The functions that a name of CALLED stands for."""
    if not name.startswith("*"):
        return [name]
    name = name[1:]
    found = [f for f in stack if re.sub(r"\.\w+\.\d+$", "", f).rsplit(":", 1)[-1] == name]
    links = [f for f in found if CLIENT_LINK in f]
    return links or found


def deepest(function, stack, calls, path=()):
    """(bytes, functions on the way) of the deepest chain of calls from function on."""
    if function in path or function not in stack:
        return 0, ()
    best = 0, ()
    for name in calls.get(function, ()):
        for callee in resolve(name, stack):
            best = max(best, deepest(callee, stack, calls, path + (function,)))
    return stack[function] + best[0], (function.rsplit(":", 1)[-1],) + best[1]

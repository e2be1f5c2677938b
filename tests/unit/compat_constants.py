#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a program that compares an interface with tests/vectors/anycloud/api.tsv, row by row.

usage: compat_constants.py API_TSV OUT.c

A name that is not there does not compile, nor does a function of another type. What needs a
component that the build lacks must not be there. A build with settings of its own (COMPAT_SETTINGS)
is not asked for the default values.
"""
import pathlib
import re
import sys

HEAD = """/* Made by compat_constants.py. */
#include <stdio.h>
#include <string.h>

#include "cy_ota_api.h"

static int n_wrong;
static int n_rows;

static void number(const char *name, unsigned long long have, unsigned long long want)
{
    n_rows++;
    if (have != want) {
        n_wrong++;
        printf("%s is %llu, not %llu\\n", name, have, want);
    }
}

static void text(const char *name, const char *have, const char *want)
{
    n_rows++;
    if (strcmp(have, want) != 0) {
        n_wrong++;
        printf("%s is \\"%s\\", not \\"%s\\"\\n", name, have, want);
    }
}
"""
TEXTS = {"error_text": "cy_ota_get_error_string({})",
         "state_text": "cy_ota_get_state_string({})",
         "reason_text": "cy_ota_get_callback_reason_string({})"}


def is_macro(name, kind):
    return kind == "number" and not name.startswith("CY_OTA_STATE_")


def check(name, kind, value):
    if kind in ("number", "default"):
        return f'    number("{name}", {name}, {value});'
    if kind in ("text", "default_text"):
        return f'    text("{name}", {name}, "{value}");'
    if kind == "field_size":
        return f'    number("{name}", sizeof(((cy_ota_cb_struct_t *)NULL)->{name}), {value});'
    if kind == "function":
        pointer = re.sub(rf"\b{name}\(", "(*f)(", value, count=1)
        return f'    {{\n        {pointer} = {name};\n\n        number("{name}", f != NULL, 1);\n    }}'
    return f'    text("text of {name}", {TEXTS[kind].format(name)}, "{value}");'


def guard(name, kind, needs):
    """The condition under which a row counts, or None."""
    if kind.startswith("default"):
        return "!defined(COMPAT_SETTINGS)"
    if needs == "BLUETOOTH":
        return "defined(COMPONENT_OTA_BLUETOOTH)"
    if kind == "field_size":
        return ("defined(COMPONENT_OTA_MQTT)" if name == "unique_topic" else
                "defined(COMPONENT_OTA_MQTT) || defined(COMPONENT_OTA_HTTP)")
    return None


def main():
    rows = [line.split("\t") for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    body = []
    for name, kind, value, needs in rows:
        condition = guard(name, kind, needs)
        lines = [check(name, kind, value)]
        if condition:
            lines = [f"#if {condition}", *lines]
            if needs != "-" and is_macro(name, kind):
                lines += [f"#elif defined({name})", f"#error {name} is there without {needs}"]
            lines.append("#endif")
        body += lines
    tail = ['    printf("%d rows, %d wrong\\n", n_rows, n_wrong);', "    return n_wrong != 0;", "}", ""]
    pathlib.Path(sys.argv[2]).write_text(
        "\n".join([HEAD, "int main(void)", "{", *body, *tail]), encoding="utf-8")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The checks must find what they are for: each case is a small tree with one mistake in it."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPTS = pathlib.Path(sys.argv.pop(1)).resolve()
SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"


class Case(unittest.TestCase):
    def setUp(self):
        temp = tempfile.TemporaryDirectory()
        self.addCleanup(temp.cleanup)
        self.root = pathlib.Path(temp.name)
        self.put("include/ota/err.h", "int ota_err;\n")
        self.put("include/ota/agent.h", "")
        self.put("src/base/out.h", "")
        self.put("src/link/mqtt.h", "")

    def put(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPDX + text if name.endswith((".c", ".h")) else text)

    def check(self, name, *arguments):
        return subprocess.run([SCRIPTS / f"check-{name}.py", "--root", self.root, *arguments],
                              capture_output=True, text=True, check=False)

    def passes(self, name, *arguments):
        done = self.check(name, *arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def finds(self, what, name, *arguments):
        done = self.check(name, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn(what, done.stdout)


class Layers(Case):
    def test_downward_include_passes(self):
        self.put("src/engine/xfer.c", '#include "base/out.h"\n#include "ota/err.h"\n')
        self.passes("layers")

    def test_upward_include_is_found(self):
        self.put("src/codec/job.c", '#include "link/mqtt.h"\n')
        self.finds('codec may not include "link/mqtt.h"', "layers")

    def test_boot_does_not_use_the_agent(self):
        self.put("boot/boot.c", '#include "ota/agent.h"\n')
        self.finds('boot may not include "ota/agent.h"', "layers")

    def test_port_uses_the_public_headers_only(self):
        self.put("ports/posix/a.c", '#include "base/out.h"\n')
        self.finds("a port may not include", "layers")

    def test_platform_header_is_found(self):
        self.put("src/engine/xfer.c", "#include <time.h>\n")
        self.finds("<time.h> is not for the core", "layers")

    def test_unknown_layer_is_found(self):
        self.put("src/misc/a.c", "")
        self.finds("is in no known layer", "layers")

    def test_include_cycle_is_found(self):
        self.put("src/base/a.h", '#include "base/b.h"\n')
        self.put("src/base/b.h", '#include "base/a.h"\n')
        self.finds("includes itself", "layers")

    def test_condition_in_an_engine_is_found(self):
        self.put("src/engine/xfer.c", "#if OTA_X\n#endif\n")
        self.finds("engines have one behaviour", "layers")

    def test_condition_in_a_public_header_is_found(self):
        self.put("include/ota/slot.h", "#ifndef OTA_SLOT_H\n#ifdef OTA_X\n#endif\n#endif\n")
        self.finds("public declarations", "layers")

    def test_many_conditions_are_found(self):
        self.put("src/base/a.c", "#if OTA_X\n#endif\n" * 11)
        self.finds("11 #if", "layers")


class Style(Case):
    def test_clean_file_passes(self):
        self.put("src/base/a.c", '/* TO: "strcpy(" */\nint ota_a(void)\n{\n    return 0;\n}\n')
        self.passes("style")

    def test_typedef_of_a_function_passes(self):
        self.put("src/base/a.h", "typedef enum ota_a (*ota_b)(int c);\n")
        self.passes("style")

    def test_mistakes_of_a_line_are_found(self):
        for line, what in (
                ("strcpy(a, b);", "strcpy() is not used here"),
                ("typedef struct a a_t;", "typedef of a struct"),
                ("int a; // b", "// comment"),
                ("int a; ", "blanks at the end"),
                ("\tint a;", "tab"),
                ("int a; /* TO" "DO */", "mark of unfinished work"),
                ('char *a = "/ho' 'me/me/a";', "path of one machine")):
            with self.subTest(line):
                self.put("src/base/a.c", line + "\n")
                self.finds(what, "style")

    def test_missing_licence_is_found(self):
        self.put("scripts/a.sh", "#!/bin/sh\n")
        self.finds("no SPDX line", "style")

    def test_long_function_is_found(self):
        self.put("src/base/a.c", "void ota_a(void)\n{\n" + "    ota_b();\n" * 99 + "}\n")
        self.finds("ota_a has 102 lines", "style")

    def test_long_file_is_found(self):
        self.put("src/base/a.c", "int a;\n" * 1001)
        self.finds("split it (at most 1000)", "style")

    def test_near_limits_only_warn(self):
        self.put("src/base/a.c", "void ota_a(int a, int b, int c, int d, int e, int f)\n{\n"
                 + "    ota_b();\n" * 70 + "}\n")
        self.passes("style")
        shown = self.check("style", "--warnings").stdout
        self.assertIn("73 lines", shown)
        self.assertIn("6 parameters", shown)


class Symbols(Case):
    def archive(self, source):
        self.put("a.c", source)
        archive = self.root / "liba.a"
        subprocess.run(["cc", "-fPIC", "-c", self.root / "a.c", "-o", self.root / "a.o"], check=True)
        subprocess.run(["ar", "rc", archive, self.root / "a.o"], check=True)
        return archive

    def test_pure_code_passes(self):
        self.passes("symbols", self.archive(
            "#include <string.h>\nextern const char *const ota_names[];\n"
            'const char *const ota_names[] = {"a"};\n'
            "unsigned long ota_a(const char *s)\n{\n    return strlen(s);\n}\n"))

    def test_library_call_is_found(self):
        self.finds("needs malloc", "symbols", self.archive(
            "#include <stdlib.h>\nvoid *ota_a(void)\n{\n    return malloc(1);\n}\n"))

    def test_writable_variable_is_found(self):
        for source in ("static int count = 1;\n", "static int count;\n"):
            self.finds("writable variable count", "symbols", self.archive(
                source + "int ota_a(void)\n{\n    return count++;\n}\n"))

    def test_foreign_global_name_is_found(self):
        self.finds("global name parse", "symbols", self.archive("void parse(void)\n{\n}\n"))


class Docs(Case):
    PAGE = ('.\\" SPDX-License-Identifier: Apache-2.0\n.Dd January 1, 2026\n.Dt OTA-A 1\n.Os\n'
            ".Sh NAME\n.Nm ota-a\n.Nd does a\n.Sh OPTIONS\n.Bl -tag -width Ds\n"
            ".It Fl Fl help\nHelp.\n.El\n")

    def tool(self, text, wrong_exit=2):
        self.put("bin/ota-a", "#!/bin/sh\ncase $1 in\n--help) echo 'usage: ota-a " + text
                 + "' ;;\n--version) echo ota-a 1.0.0 ;;\n"
                 + f"*) echo ota-a: $1 >&2; exit {wrong_exit} ;;\nesac\n")
        (self.root / "bin/ota-a").chmod(0o755)

    def test_good_page_passes(self):
        self.put("docs/man/ota-a.1", self.PAGE)
        self.tool("[--help]")
        self.passes("docs", "--bin", self.root / "bin")

    def test_undescribed_option_is_found(self):
        self.put("docs/man/ota-a.1", self.PAGE)
        self.tool("[--help] [--more-help]")
        self.finds("--more-help is in --help but not described", "docs", "--bin", self.root / "bin")

    def test_wrong_exit_status_is_found(self):
        self.put("docs/man/ota-a.1", self.PAGE)
        self.tool("[--help]", wrong_exit=1)
        self.finds("with exit 2", "docs", "--bin", self.root / "bin")

    def test_missing_page_is_found(self):
        self.tool("[--help]")
        self.finds("has no manual page", "docs", "--bin", self.root / "bin")

    def test_dead_link_is_found(self):
        self.put("README.md", "[a](docs/a.md) [b](https://example.com/)\n")
        self.finds("link to docs/a.md", "docs")


if __name__ == "__main__":
    unittest.main(verbosity=1)

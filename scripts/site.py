#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the web site: the pages of docs/, the manual pages, and the reference of the public headers,
with one menu. Needs pandoc, mandoc and doxygen, and no network; the site needs neither, nor a server:
open build/site/index.html. Ends with an error if a link within the site leads nowhere.
"""
import concurrent.futures
import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import checklib

LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
GROUP = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.M | re.S)
HREF = re.compile(r'(href|src)="([^"]*)"')
ID = re.compile(r'(?:id|name)="([^"]*)"')
EXTRA = ("CONTRIBUTING.md", "CHANGELOG.md")
# What the reference shows: the native interface, the original's, and the ports of a host. The
# stand-ins of include/compat/platform have the vendor's names, and its manuals.
HEADERS = ("include/ota", "include/compat", "ports/posix", "ports/psa", "ports/bluez")
INTERNAL = ("ports/posix/openssl.h",)


def run(*command, data=None, cwd=None):
    done = subprocess.run([str(c) for c in command], input=data, capture_output=True, text=True,
                          check=False, cwd=cwd)
    if done.returncode != 0:
        sys.exit(f"site: {command[0]}: {done.stderr.strip()}")
    return done.stdout


def headers(root):
    found = []
    for name in HEADERS:
        path = root / name
        found += sorted(path.glob("*.h")) if path.is_dir() else [path]
    names = [str(path.relative_to(root)) for path in found]
    return [name for name in names if name not in INTERNAL]


class Site:
    def __init__(self, root, out):
        self.root, self.out = root, out
        self.docs = root / "docs"
        self.frame = (self.docs / "site" / "page.html").read_text()
        self.pages = {path: path.stem + ".html" for path in sorted(self.docs.glob("*.md"))}
        self.pages[self.docs / "README.md"] = "index.html"
        for name in EXTRA:
            self.pages[root / name] = name.lower().replace(".md", ".html")
        for path in sorted((self.docs / "man").glob("*.1")):
            self.pages[path] = f"man/{path.stem}.html"
        self.groups = self.read_groups()

    def title(self, path):
        if path.suffix == ".1":
            return path.stem + "(1)"
        return re.search(r"^# (.*)$", path.read_text(), re.M)[1].replace("`", "")

    def read_groups(self):
        """The menu: the groups of docs/README.md, and what is not in them."""
        groups, seen = [], {self.docs / "README.md"}
        for name, text in GROUP.findall((self.docs / "README.md").read_text()):
            entries = [(label, (self.docs / target).resolve()) for label, target in LINK.findall(text)]
            groups.append((name, [(label, self.pages[path]) for label, path in entries]))
            seen |= {path for _, path in entries}
        more = [(self.title(path), target) for path, target in self.pages.items() if path not in seen]
        return groups + [("More", more), ("Reference", [
            ("Overview", "api/index.html"), ("Headers", "api/files.html"),
            ("Structures", "api/annotated.html"), ("All names", "api/globals.html")])]

    def menu(self, here, up):
        out = []
        for name, entries in self.groups:
            out.append(f"<h2>{html.escape(name)}</h2>\n<ul>")
            for label, target in entries:
                current = ' aria-current="page"' if target == here else ""
                out.append(f'<li><a href="{up}{target}"{current}>{html.escape(label)}</a></li>')
            out.append("</ul>")
        return "\n".join(out)

    def write(self, target, title, body):
        up = "../" * target.count("/")
        page = self.frame
        for name, value in (("title", html.escape(title)), ("root", up),
                            ("nav", self.menu(target, up)), ("body", body)):
            page = page.replace("{" + name + "}", value)
        (self.out / target).parent.mkdir(parents=True, exist_ok=True)
        (self.out / target).write_text(page)

    def link(self, path, up, match):
        """A link of a document as it is on the site; to what is not there, none."""
        target, _, anchor = match[2].partition("#")
        if re.match(r"[a-z]+:", target) or not target:
            return match[0]
        there = (path.parent / target).resolve()
        if there.parent == self.docs / "images" and there.is_file():
            return f'{match[1]}="{up}images/{there.name}"'
        header = re.search(r"/include/(?:ota|compat)/(\w+)\.h$", str(there))
        if there in self.pages:
            return f'{match[1]}="{up}{self.pages[there]}{"#" + anchor if anchor else ""}"'
        if header:
            return f'{match[1]}="{up}api/{header[1].replace("_", "__")}_8h.html"'
        return f'{match[1]}=""'

    def name(self, path, text):
        """What a link says that is named by its file: the title of the page."""
        there = path.parent / text
        return html.escape(self.title(there)) if there in self.pages else text

    def page(self, path):
        target = self.pages[path]
        up = "../" * target.count("/")
        if path.suffix == ".1":
            body = run("mandoc", "-Thtml", "-Ofragment,man=%N.html", path)
            body = re.sub(r'<a class="Xr" href="(?!ota-)[^"]*">([^<]*)</a>', r"\1", body)
        else:
            text = re.sub(r"<!--.*?-->\n?", "", path.read_text(), flags=re.S)
            body = run("pandoc", "-f", "gfm", "-t", "html5", "--no-highlight", data=text)
            body = HREF.sub(lambda m: self.link(path, up, m), body)
            body = re.sub(r'<a href="">(.*?)</a>', r"\1", body, flags=re.S)
            body = re.sub(r">([\w-]+\.md)</a>", lambda m: f">{self.name(path, m[1])}</a>", body)
            body = body.replace("<table>", '<div class="wide"><table>').replace(
                "</table>", "</table></div>")
        self.write(target, self.title(path), body)

    def reference(self):
        with tempfile.TemporaryDirectory() as temp:
            run(self.root / "scripts" / "doxygen-filter.py", temp, *headers(self.root), cwd=self.root)
            run("doxygen", "-", cwd=temp, data=f"""
@INCLUDE = {self.docs}/Doxyfile
INPUT += {self.docs}/site/reference.md
USE_MDFILE_AS_MAINPAGE = {self.docs}/site/reference.md
GENERATE_HTML = YES
HTML_HEADER = {self.docs}/site/reference_head.html
HTML_FOOTER = {self.docs}/site/reference_foot.html
DISABLE_INDEX = YES
SEARCHENGINE = NO
VERBATIM_HEADERS = NO
HTML_DYNAMIC_SECTIONS = NO
""")
            for path in sorted((pathlib.Path(temp) / "html").glob("*.html")):
                text = path.read_text()
                body = text[text.index("<body>") + 6:text.rindex("</body>")]
                body = re.sub(r'<div id="nav-path".*?</ul>\s*</div>', "", body, flags=re.S)
                body = re.sub(r"<script.*?</script>|<!--.*?-->| on\w+=\"[^\"]*\"|<img[^>]*>", "", body,
                              flags=re.S)
                body = re.sub(r'<div class="header">.*?<div class="title">(.*?)</div></div>\s*</div>',
                              r"<h1>\1</h1>", body, flags=re.S)
                title = re.search(r"<title>(.*?)</title>", text, re.S)[1]
                self.write(f"api/{path.name}", html.unescape(title), body)

    def check_links(self):
        wrong, count = [], 0
        ids = {path: set(ID.findall(path.read_text())) for path in self.out.rglob("*.html")}
        for path in sorted(ids):
            for _, link in HREF.findall(path.read_text()):
                target, _, anchor = html.unescape(link).partition("#")
                if re.match(r"[a-z]+:", target):
                    continue
                count += 1
                there = (path.parent / target).resolve() if target else path
                if not there.is_file() or (anchor and anchor not in ids.get(there, {anchor})):
                    wrong.append(f"{path.relative_to(self.out)}: {link} leads nowhere")
        return wrong, count, len(ids)


def main():
    args = checklib.arguments(__doc__, (("--out",), {
        "type": pathlib.Path, "help": "folder of the site (default build/site)"}),
        (("--headers",), {"action": "store_true", "help": "list the headers of the reference only"}))
    root = args.root.resolve()
    if args.headers:
        print("\n".join(headers(root)))
        return
    out = (args.out or root / "build" / "site").resolve()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    site = Site(root, out)
    shutil.copy(root / "docs" / "site" / "style.css", out)
    shutil.copytree(root / "docs" / "images", out / "images")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(site.reference)] + [pool.submit(site.page, path) for path in site.pages]
        for job in jobs:
            job.result()
    wrong, count, pages = site.check_links()
    for line in wrong:
        print("error:", line)
    print(f"site: {pages} pages, {count} links, {len(wrong)} errors: {out / 'index.html'}")
    sys.exit(1 if wrong else 0)


main()

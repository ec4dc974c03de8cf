"""Makes a site of the repository's own pages, for mkdocs (mkdocs.yml): the same files as a forge shows, nothing copied
by hand.

- Pages are README.md, docs/*.md and every Markdown file that they link to. A text file that they link to (a sweep file,
a batch
  file, a source file) becomes a page that shows it, a folder a page that lists it; pictures and all else are copied.
- The navigation is docs/README.md: a line that ends in a colon is a section, an item of the list below it a page.
- Mathematics ($...$ and fences `math`) is typeset by KaTeX while the site is made, so a page needs no script for it.
"""
import html
import json
import pathlib
import re
import shutil
import subprocess

from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Link

ROOT = pathlib.Path(__file__).resolve().parents[2]
KATEX = pathlib.Path("/usr/share/javascript/katex")  # Debian's libjs-katex
COPIED = {".png", ".svg", ".jpg", ".ipynb", ".html", ".pdf", ".h5", ".csv", ".gz"}
LANGUAGES = {".c": "c", ".h": "c", ".def": "c", ".py": "python", ".yaml": "yaml", ".yml": "yaml", ".cff": "yaml",
             ".sh": "bash",
             ".sbatch": "bash", ".pbs": "bash", ".lsf": "bash", ".cmake": "cmake", ".json": "json"}
LINK = re.compile(r"(?<=\]\()([^)\s]+)")
# code keeps its brackets: fences and spans are cut out before links are looked for
CODE = re.compile(r"(^```.*?^```|^~~~.*?^~~~|(`+)(?!`).*?(?<!`)\2(?!`))", re.MULTILINE | re.DOTALL)


def outside_code(text, change):
    """The text with change(part) for every part that is not code."""
    parts, end = [], 0
    for code in CODE.finditer(text):
        parts += [change(text[end:code.start()]), code.group()]
        end = code.end()
    return "".join([*parts, change(text[end:])])


def target_of(link, page):
    """The file or folder of the repository that a link of a page (pathlib.Path) names, or None."""
    if re.match(r"[a-z]+:|#", link):
        return None
    path = (page.parent / link.partition("#")[0]).resolve()
    return path if path.exists() and path.is_relative_to(ROOT) else None


def is_shown(path):
    """Whether a file or folder becomes a page of its own that shows it."""
    return path.suffix != ".md" and path.suffix not in COPIED


def page_of(path):
    """Source path of a file's page: its own, or that of the page that shows it."""
    name = path.relative_to(ROOT).as_posix()
    if path.is_dir():
        return f"{name}/README.md" # mkdocs makes an index.html of it
    return f"{name}.md" if is_shown(path) else name


def shown(path):
    """Markdown that shows a text file, or lists a folder."""
    if path.is_dir():
        lines = [f"- [{item.name}]({item.name})" for item in sorted(path.iterdir()) if item.name[0] not in "._"]
        return f"# {path.relative_to(ROOT)}\n\n" + "\n".join(lines) + "\n"
    language = LANGUAGES.get(path.suffix, "text")
    fence = "~" * 8
    return f"# {path.relative_to(ROOT)}\n\n{fence} {language}\n{path.read_text(encoding='utf-8')}{fence}\n"


def markdown_of(path):
    """A page's text: the file's, or what shows it."""
    return path.read_text(encoding="utf-8") if path.suffix == ".md" else shown(path)


def reached():
    """All files and folders that the site shows: README.md, docs/*.md, and whatever is linked from what is there
    already."""
    waiting = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    seen = []
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.append(path)
        if path.suffix in COPIED:
            continue
        links = []
        outside_code(markdown_of(path), lambda text: links.extend(LINK.findall(text)) or text)
        place = path / "README.md" if path.is_dir() else path
        waiting += [found for found in (target_of(link, place) for link in links) if found]
    return seen


def on_config(config):
    """Navigation from docs/README.md."""
    navigation = [{"Home": "README.md"}]
    for line in (ROOT / "docs/README.md").read_text(encoding="utf-8").splitlines():
        if line.endswith(":"):
            navigation.append({line[:-1]: []})
        item = re.match(r"- \[([^]]+)\]\(([\w.-]+\.md)\)", line)
        if item:
            next(iter(navigation[-1].values())).append({item[1]: f"docs/{item[2]}"})
    navigation.append({"Changes": "CHANGELOG.md"})
    config["nav"] = navigation
    return config


def on_files(files, config):
    """The repository's files in place of those of docs/ alone; the theme's stay."""
    def file(name, folder):
        return File(name, str(folder), config["site_dir"], config["use_directory_urls"])

    taken = {file.src_uri for file in files if file.abs_src_path.startswith(config["docs_dir"])}
    rest = [one for one in files if one.src_uri not in taken]
    own = {page_of(path): file(page_of(path), ROOT) for path in reached()}
    for name in ("site.css", "site.js"):
        own[name] = file(name, ROOT / "scripts/site")
    return Files([*rest, *own.values()])


def on_nav(nav, config, files):
    """The headers' pages, which doxygen puts into the site afterwards (scripts/site.sh)."""
    nav.items.append(Link("C headers", "api/index.html"))
    return nav


def on_page_read_source(page, config):
    """Text of a page that shows a file or folder; None: mkdocs reads the page itself."""
    if pathlib.Path(page.file.abs_src_path).exists():
        return None
    return shown(original(page))


def original(page):
    """The file or folder that a page is of."""
    path = pathlib.Path(page.file.abs_src_path)
    if path.exists():
        return path
    return path.parent if path.name == "README.md" else path.with_suffix("")


def with_lists_apart(markdown):
    """The text with an empty line between a paragraph and the list that follows it: forges need none, Python-Markdown
    does."""
    lines, fenced = [], False
    for line in markdown.splitlines():
        if re.match("```|~~~", line):
            fenced = not fenced
        if not fenced and re.match(r"(- |1\. )", line) and lines and re.match(r"(?!- |\d+\. )\S", lines[-1]):
            lines.append("")
        lines.append(line)
    return "\n".join(lines) + "\n"


def on_page_markdown(markdown, page, config, files):
    """Links to files that are pages of the site point to them; lists may follow a paragraph, as on code hosts."""
    source = pathlib.Path(page.file.abs_src_path)

    def change(link):
        path = target_of(link[0], source)
        if path is None or path.suffix == ".md" or not is_shown(path):
            return link[0]
        anchor = link[0].partition("#")[2]
        up = [".."] * len(source.parent.relative_to(ROOT).parts)
        return "/".join([*up, page_of(path)]) + (f"#{anchor}" if anchor else "")

    return outside_code(with_lists_apart(markdown), lambda text: LINK.sub(change, text))


def on_page_content(content, page, config, files):
    """A picture links to itself, for reading small text at full size; dotted names in tables may break at a dot."""
    content = re.sub(r'(<img [^>]*src="([^"]+)"[^>]*>)', r'<a href="\2">\1</a>', content)
    return re.sub(r"(?<=<td><code>)[\w.]+(?=</code>)", lambda name: name[0].replace(".", ".<wbr>"), content)


TYPESET = """
const katex = require(process.argv[1]);
const formulas = JSON.parse(require("fs").readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(formulas.map(([tex, displayMode]) =>
  katex.renderToString(tex, {displayMode, strict: "error", throwOnError: true}))));
"""


# what the theme leaves out for those who hear a page or use keys alone
REACHED_BY_KEYS = (
    ('<div class="md-search" data-md-component="search" role="dialog">',
     '<div class="md-search" data-md-component="search" role="dialog" aria-label="Search">'),
    ('<div class="md-search__scrollwrap"', '<div class="md-search__scrollwrap" tabindex="0"'),
    ("<pre><span></span><code>", '<pre><span></span><code tabindex="0">'),
    ("<table>", '<table tabindex="0">'),  # the theme puts it into an element that scrolls
)


def on_post_page(output, page, config):
    """Formulas typeset by KaTeX: HTML for the eye, MathML for readers of the screen."""
    for before, after in REACHED_BY_KEYS:
        output = output.replace(before, after)
    # arithmatex leaves <span class="arithmatex">\\(...\\)</span> and <div class="arithmatex">\\[...\\]</div>
    pattern = re.compile(r'<(span|div) class="arithmatex">\s*\\[(\[](.*?)\\[)\]]\s*</\1>', re.DOTALL)
    formulas = [(html.unescape(found[2]), found[1] == "div") for found in pattern.finditer(output)]
    if not formulas:
        return output
    made = iter(json.loads(subprocess.run(["node", "-e", TYPESET, str(KATEX / "katex.min.js")],
                                          input=json.dumps(formulas), text=True,
                                          check=True, stdout=subprocess.PIPE).stdout))
    output = pattern.sub(lambda found: f'<{found[1]} class="math">{next(made)}</{found[1]}>', output)
    output = output.replace('<span class="katex-display">', '<span class="katex-display" tabindex="0">')
    up = "../" * page.file.dest_uri.count("/")
    return output.replace("</head>", f'<link rel="stylesheet" href="{up}katex/katex.css"></head>', 1)


def on_post_build(config):
    """KaTeX's style and fonts, and a search index without TeX's brackets."""
    site = pathlib.Path(config["site_dir"])
    (site / "katex/fonts").mkdir(parents=True)
    style = (KATEX / "katex.min.css").read_text(encoding="utf-8")
    style = re.sub(r",url\([^)]*\) format\('(woff|truetype)'\)", "", style)  # woff2 is enough
    (site / "katex/katex.css").write_text(style, encoding="utf-8")
    for font in re.findall(r"fonts/([\w-]+\.woff2)", style):
        shutil.copy(KATEX / "fonts" / font, site / "katex/fonts")
    index = site / "search/search_index.json"
    index.write_text(re.sub(r"\\\\[()\[\]]", "", index.read_text(encoding="utf-8")), encoding="utf-8")

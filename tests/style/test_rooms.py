#!/usr/bin/python3
"""The rooms of src/ and the arrows between them, derived from the tree and held against the order of the house.

    test_rooms.py [--build FOLDER] [--update]

The order is that of the isw_room lines of CMakeLists.txt, ground floor first. Arrows are derived three times: from the
LINKS of those lines, from #include lines, and from the calls between the built static libraries (nm). A room may only
use rooms that stand before it, only through their headers in include/initsweep/, and only those third-party libraries
that LIBRARIES below gives it. --update draws docs/images/rooms.svg anew (needs Graphviz).
"""
import argparse
import collections
import pathlib
import re
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GRAPH = SOURCE / "docs/images/rooms.dot"
PICTURE = SOURCE / "docs/images/rooms.svg"
PAGE = SOURCE / "docs/architecture.md"
BUILD = SOURCE / "build/release"

# Headers of third-party libraries and the rooms that may include them. hdf5_handles.h shows the results room HDF5's
# handles, since the file format is written with them.
LIBRARIES = {
    "xxhash.h": {"base"},
    "Random123/": {"random"},
    "hdf5.h": {"hdf5", "results"},
    "hdf5_hl.h": {"hdf5", "results"},
    "H5FDdevelop.h": {"hdf5"},
    "libdeflate.h": {"hdf5", "datasets"},
    "yaml.h": {"yaml"},
    "mpi.h": {"cluster"},
    "omp.h": {"cluster"},
}
# Headers of the C library, of POSIX and of the compilers: any room may include them.
SYSTEM = set(
    "assert.h ctype.h dirent.h errno.h fcntl.h float.h getopt.h immintrin.h inttypes.h limits.h locale.h math.h "
    "poll.h pthread.h sched.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h "
    "stdlib.h string.h strings.h time.h unistd.h arm_neon.h sys/auxv.h sys/ioctl.h sys/mman.h sys/prctl.h "
    "sys/random.h sys/resource.h sys/stat.h sys/statvfs.h sys/syscall.h sys/time.h sys/types.h sys/uio.h sys/utsname.h "
    "sys/wait.h sys/file.h linux/fs.h termios.h wchar.h fenv.h".split())

MAX_COMMAND_LINES = 150


def rooms():
    """Rooms of CMakeLists.txt, ground floor first, with the rooms that each links."""
    found = {}
    for name, rest in re.findall(r"^isw_room\((\w+)([^)]*)\)", (SOURCE / "CMakeLists.txt").read_text(), re.M):
        words = rest.split()
        links = words[words.index("LINKS") + 1:] if "LINKS" in words else []
        if "LIBRARIES" in links:
            links = links[:links.index("LIBRARIES")]
        found[name] = links
    return found


ROOMS = rooms()
ORDER = {name: floor for floor, name in enumerate(ROOMS)}


def room_of_header(name):
    """The room of include/initsweep/NAME: NAME begins with the room's name ("model_rows.h" is of the room model)."""
    stem = name.removesuffix(".h")
    matching = [room for room in ROOMS if stem == room or stem.startswith(room + "_")]
    return max(matching, key=len, default=None)


def sources():
    """(room, path) of every C file of the rooms and of their headers in include/initsweep/."""
    for room in ROOMS:
        for path in sorted((SOURCE / "src" / room).iterdir()):
            if path.suffix in (".c", ".h", ".def"):
                yield room, path
    for path in sorted((SOURCE / "include/initsweep").iterdir()):
        yield room_of_header(path.name), path


def includes():
    """(room, path, line, target, quoted) of every #include of the rooms."""
    for room, path in sources():
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if match:
                yield room, path, number, match.group(2), match.group(1) == '"'


def include_arrows():
    """{(user, used): place} of the includes between rooms, of headers in include/initsweep/ and of tables (.def)."""
    arrows = {}
    for room, path, number, target, quoted in includes():
        if not quoted:
            continue
        if target.startswith("initsweep/"):
            used = room_of_header(target.removeprefix("initsweep/"))
        elif "/" in target:
            used = target.split("/")[0]
        else:
            continue
        if used and used != room:
            arrows.setdefault((room, used), f"{path.relative_to(SOURCE)}:{number} includes {target}")
    return arrows


def symbols(room, build):
    """Of a room's static library: {object file: (symbols that it defines, symbols that it takes from elsewhere)}."""
    library = pathlib.Path(build, f"libisw_{room}.a")
    listing = subprocess.run(["nm", "-g", str(library)], capture_output=True, text=True, check=True).stdout
    found, defined, wanted = {}, set(), set()
    for line in listing.splitlines():
        if line.endswith(".o:"):
            defined, wanted = found.setdefault(line[:-1], (set(), set()))
        elif words := line.split():
            (wanted if words[-2] in "Uw" else defined).add(words[-1])
    return found


def definitions(build):
    """{symbol: (room, object file)} of all rooms."""
    return {name: (room, file) for room in ROOMS for file, (defined, _) in symbols(room, build).items()
            for name in defined}


def call_arrows(build):
    """{(user, used): place} of the calls between rooms, as the linker sees them."""
    owner = definitions(build)
    arrows = {}
    for room in ROOMS:
        for file, (_, wanted) in symbols(room, build).items():
            for name in sorted(wanted):
                used = owner.get(name, (room, file))[0]
                if used != room:
                    arrows.setdefault((room, used), f"{room}/{file} uses {name}")
    return arrows


def cycles_within(room, build):
    """Groups of object files of a room that call each other in a circle."""
    files = symbols(room, build)
    owner = {name: file for file, (defined, _) in files.items() for name in defined}
    calls = {file: {owner[name] for name in wanted if owner.get(name, file) != file}
             for file, (_, wanted) in files.items()}
    reach = {}
    for start in calls:
        seen, todo = set(), list(calls[start])
        while todo:
            file = todo.pop()
            if file not in seen:
                seen.add(file)
                todo += calls[file]
        reach[start] = seen
    return sorted({tuple(sorted(other for other in reach[file] if file in reach[other]))
                   for file in calls if file in reach[file]})


def reduced(arrows):
    """The arrows that no chain of others implies."""
    below = collections.defaultdict(set)
    for user, used in arrows:
        if ORDER[used] < ORDER[user]:
            below[user].add(used)

    def reaches(start, goal, direct):
        steps = below[start] - {goal} if direct else below[start]
        return goal in steps or any(reaches(step, goal, False) for step in steps)

    return sorted((arrow for arrow in arrows if not reaches(*arrow, True)), key=lambda a: (-ORDER[a[0]], -ORDER[a[1]]))


def known(room):
    """Names of the third-party libraries that a room's CMake line names, for the diagram."""
    line = re.search(rf"^isw_room\({room}\b([^)]*)\)", (SOURCE / "CMakeLists.txt").read_text(), re.M).group(1).split()
    names = {"YAML": "libyaml", "XXHASH": "xxHash", "ZLIB": "zlib", "DEFLATE": "libdeflate", "RANDOM123": "Random123",
             "OPENMP": "OpenMP"}
    return [names.get(word, word) for word in line[line.index("LIBRARIES") + 1:]] if "LIBRARIES" in line else []


def graph():
    """The diagram as Graphviz has it: a box per room with its libraries, an arrow per use that no chain implies."""
    lines = ["// Made by tests/style/test_rooms.py --update; arrows that a chain of others implies are left out.",
             "digraph rooms {", '  rankdir=TB; nodesep=0.25; ranksep=0.35; bgcolor="white";',
             '  node [shape=box, style="rounded,filled", fillcolor="#f2f5f9", color="#5b6b7f", fontname="Helvetica",'
             ' fontsize=12, margin="0.14,0.06"];', '  edge [color="#5b6b7f", arrowsize=0.7];']
    for room in reversed(ROOMS):
        libraries = known(room)
        label = room + "".join(f'<br/><font point-size="9" color="#8a4b08">{name}</font>' for name in libraries)
        lines.append(f"  {room} [label=<{label}>];")
    lines += [f"  {user} -> {used};" for user, used in reduced(include_arrows())]
    return "\n".join(lines) + "\n}\n"


class Rooms(unittest.TestCase):
    def test_every_folder_is_a_room_and_has_its_header(self):
        folders = {path.name for path in (SOURCE / "src").iterdir() if path.is_dir()}
        self.assertEqual(folders, set(ROOMS), "folders of src/ and isw_room lines of CMakeLists.txt")
        for room in ROOMS:
            self.assertTrue((SOURCE / "include/initsweep" / f"{room}.h").exists(), f"include/initsweep/{room}.h")
        for path in (SOURCE / "include/initsweep").iterdir():
            self.assertIsNotNone(room_of_header(path.name), f"{path.name} is the header of no room")

    def test_cmake_links_point_down(self):
        for room, links in ROOMS.items():
            for used in links:
                self.assertIn(used, ORDER, f"{room} links {used}")
                self.assertLess(ORDER[used], ORDER[room], f"CMakeLists.txt: {room} links {used}, which stands above it")

    def test_includes_point_down(self):
        for (user, used), place in include_arrows().items():
            with self.subTest(place):
                self.assertIn(used, ORDER, place)
                self.assertLess(ORDER[used], ORDER[user], f"{place}: {used} stands above {user}")

    def test_calls_point_down(self):
        for (user, used), place in call_arrows(BUILD).items():
            self.assertLess(ORDER[used], ORDER[user], f"{place}: {used} stands above {user}")

    def test_what_is_used_is_linked(self):
        for (user, used), place in {**include_arrows(), **call_arrows(BUILD)}.items():
            with self.subTest(place):
                self.assertIn(used, ROOMS[user], f"{place}: CMakeLists.txt does not link {user} with {used}")

    def test_rooms_are_entered_by_their_headers(self):
        for room, path, number, target, quoted in includes():
            if quoted and "/" in target and not target.startswith("initsweep/") and target.split("/")[0] != room:
                self.assertTrue(target.endswith(".def"),
                                f"{path.relative_to(SOURCE)}:{number}: {target} is an inner header of another room")

    def test_inner_headers_have_one_name(self):
        for room, path in sources():
            if path.suffix != ".h" or path.parent.name == "initsweep":
                continue
            name = path.name
            own = name == f"{room}_internal.h" or path.with_suffix(".c").exists()
            included_source = name.endswith(".inc.h") or name.startswith("isa_")
            self.assertTrue(own or included_source,
                            f"src/{room}/{name}: {room}_internal.h, or the header of a file of the same name")

    def test_third_party_headers_are_known_to_their_rooms(self):
        for room, path, number, target, quoted in includes():
            if quoted or target in SYSTEM:
                continue
            owners = [rooms for prefix, rooms in LIBRARIES.items() if target.startswith(prefix)]
            place = f"{path.relative_to(SOURCE)}:{number} includes <{target}>"
            self.assertTrue(owners, f"{place}, which no room is known for")
            self.assertIn(room, owners[0], f"{place}, which is known to {', '.join(sorted(owners[0]))} alone")

    def test_external_names_carry_the_prefix(self):
        for name, (room, file) in definitions(BUILD).items():
            if not name.startswith(("__", "_Z")):
                self.assertTrue(name.startswith("isw_"), f"{room}/{file} defines {name}, without isw_")

    def test_files_of_a_room_call_each_other_in_no_circle(self):
        for room in ROOMS:
            for circle in cycles_within(room, BUILD):
                self.fail(f"src/{room}: {', '.join(circle)} call each other in a circle")

    def test_commands_are_thin(self):
        for path in sorted((SOURCE / "src/commands").glob("*.c")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            with self.subTest(path.name):
                self.assertLessEqual(lines, MAX_COMMAND_LINES, f"src/commands/{path.name} has {lines} lines")

    def test_every_file_opens_with_a_comment(self):
        for _, path in [*sources(), (None, SOURCE / "src/main.c")]:
            with self.subTest(path.name):
                self.assertTrue(path.read_text(encoding="utf-8").startswith("/*"),
                                f"{path.relative_to(SOURCE)} does not open with a comment that says what it is")

    def test_the_diagram_is_that_of_the_tree(self):
        self.assertEqual(GRAPH.read_text(encoding="utf-8"), graph(), "run tests/style/test_rooms.py --update")
        drawn = re.findall(r"<title>(\w+)&#45;&gt;(\w+)</title>", PICTURE.read_text(encoding="utf-8"))
        self.assertEqual(sorted(drawn), sorted(reduced(include_arrows())), "run tests/style/test_rooms.py --update")

    def test_the_page_of_the_architecture_names_what_is_there(self):
        page = PAGE.read_text(encoding="utf-8")
        table = page.split("## What is hand-written")[0]
        named = re.findall(r"^\| `(\w+)` \|", table, re.M)
        self.assertEqual(named, list(reversed(ROOMS)), "docs/architecture.md: the table of rooms, top floor first")
        walked = re.findall(r"\[`(\w+)`\]\(\.\./((?:src|include)/[\w./]+)\)", page)
        self.assertGreater(len(walked), 10, "docs/architecture.md: links from functions to their files")
        for name, file in walked:
            with self.subTest(name):
                self.assertRegex((SOURCE / file).read_text(encoding="utf-8"), rf"\b{name}\b",
                                 f"docs/architecture.md: {file} does not have {name}")


def update():
    GRAPH.write_text(graph(), encoding="utf-8")
    drawn = subprocess.run(["dot", "-Tsvg", str(GRAPH)], capture_output=True, text=True, check=True).stdout
    PICTURE.write_text(drawn, encoding="utf-8")


def main():
    global BUILD
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(BUILD), help="build folder with the rooms' libraries")
    parser.add_argument("--update", action="store_true", help="draw docs/images/rooms.svg anew")
    arguments = parser.parse_args()
    BUILD = pathlib.Path(arguments.build)
    if arguments.update:
        update()
    else:
        unittest.main(argv=[sys.argv[0], "-v"])


if __name__ == "__main__":
    main()

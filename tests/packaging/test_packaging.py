#!/usr/bin/python3
"""The installed tree, moved to another prefix, and the Debian package of it.

    test_packaging.py [-v] [CLASS...]      all but the long ones: InstalledTree DebianPackage CrossBuild Recipes
"""
import ast
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import requirements  # noqa: E402

BUILD = pathlib.Path(os.environ["INITSWEEP_BUILD"])
SOURCE = pathlib.Path(os.environ["INITSWEEP_SOURCE"])
VERSION = os.environ["INITSWEEP_VERSION"]
COMMANDS = re.findall(r"&isw_command_([a-z]+)", (SOURCE / "src/commands/commands.c").read_text(encoding="utf-8"))
PYTHON_COMMANDS = [name.removeprefix("initsweep-") for name in tomllib.loads(
    (SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]]


def call(*words: object, **options) -> str:
    """What a program prints on both streams; AssertionError with it where the program fails."""
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: status {done.returncode}\n{done.stdout}")
    return done.stdout


def need_manual_pages() -> None:
    """Ends the test where the build made none."""
    requirements.need((BUILD / "words/initsweep.1").exists(), "scdoc when the build was configured")


def tree(folder: pathlib.Path) -> list[str]:
    """Its files, by their way from it."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


class InstalledTree(unittest.TestCase):
    """`cmake --install` into one folder, which then is moved: nothing may remember the first."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="initsweep-install-")
        folder = pathlib.Path(cls.scratch.name)
        call(os.environ["CMAKE"], "--install", BUILD, "--prefix", folder / "first", "--strip")
        (folder / "first").rename(folder / "moved")
        cls.folder, cls.prefix = folder, folder / "moved"
        cls.program = cls.prefix / "bin/initsweep"

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_no_file_names_the_source_or_the_build_folder(self):
        for path in self.prefix.rglob("*"):
            if path.is_file():
                with self.subTest(path=path):
                    content = path.read_bytes()
                    self.assertNotIn(os.fsencode(SOURCE) + b"/", content)
                    self.assertNotIn(os.fsencode(self.folder), content)

    def test_components_make_up_the_whole_under_a_staging_folder(self):
        stage = self.folder / "stage"
        whole, seen = tree(self.prefix), []
        for component in ("program", "data", "scripts", "documentation", "development", "module"):
            call(os.environ["CMAKE"], "--install", BUILD, "--prefix", "/opt/initsweep", "--component", component,
                 env={**os.environ, "DESTDIR": str(stage / component)})
            self.assertEqual([path.name for path in (stage / component).iterdir()], ["opt"])
            seen += tree(stage / component / "opt/initsweep")
        self.assertEqual(sorted(seen), sorted(whole))
        program = {path.split("/")[1] if path.startswith("share/") else path
                   for path in tree(stage / "program/opt/initsweep")}
        self.assertLessEqual({"bin/initsweep", "bash-completion", "zsh", "fish"}, program)
        self.assertLessEqual(program, {"bin/initsweep", "bash-completion", "zsh", "fish", "man"})

    def test_a_layout_of_whole_paths_is_found_too(self):
        # as Nix asks for it: each folder by its whole path, the program outside the prefix of the data; another Python,
        # as Spack's
        build, names = self.folder / "layout", {"PREFIX": "/opt/data", "BINDIR": "/opt/program/bin",
                                                "DATADIR": "/opt/data/lib/share"}
        python = os.path.realpath("/usr/bin/python3")
        call(os.environ["CMAKE"], "-S", SOURCE, "-B", build, "-DBUILD_TESTING=OFF", f"-DINITSWEEP_PYTHON={python}",
             *(f"-DCMAKE_INSTALL_{name}={path}" for name, path in names.items()))
        for component in ("development", "module", "scripts"):
            call(os.environ["CMAKE"], "--install", build, "--component", component,
                 env={**os.environ, "DESTDIR": str(build / "stage")})
        share = build / "stage/opt/data/lib/share"
        ask = lambda name: os.path.normpath(call("pkg-config", f"--variable={name}", "initsweep",
                                                 env={**os.environ,
                                                      "PKG_CONFIG_PATH": str(share / "pkgconfig")}).strip())
        requirements.tool("pkg-config")
        self.assertEqual(ask("program"), f"{build}/stage/opt/program/bin/initsweep")
        self.assertEqual(ask("datadir"), f"{share}/initsweep")
        for script in ("plot.py", "notebooks/execute.py"):
            path = share / "initsweep/scripts" / script
            source = (SOURCE / "scripts" / script).read_text(encoding="utf-8")
            self.assertEqual(path.read_text(encoding="utf-8"), source.replace("/usr/bin/python3", python, 1))
            self.assertEqual(path.stat().st_mode & 0o777, 0o755)
        for name in PYTHON_COMMANDS:
            path = build / f"stage/opt/program/bin/initsweep-{name}"
            self.assertEqual(path.read_text(encoding="utf-8").splitlines()[0], f"#!{python}")
            self.assertIn("usage:", call(path, "--help"))
        paths = self.module_paths(share / "initsweep/modulefiles/initsweep" / VERSION)
        self.assertEqual((paths["PATH"], paths["CMAKE_PREFIX_PATH"]),
                         (f"{build}/stage/opt/program/bin", f"{build}/stage/opt/data"))

    def test_the_program_finds_its_data(self):
        # `check` reads the digits
        examples = self.prefix / "share/initsweep/examples"
        self.assertIn("networks", call(self.program, "check", examples / "quickstart-digits.yaml", cwd=self.folder))

    def test_scripts_draw_what_the_program_leaves(self):
        file = self.folder / "xor.h5"
        call(self.program, "run", self.prefix / "share/initsweep/examples/xor.yaml", "-o", file, "--set",
             "train.steps=50", "--set", "grid.replicate=[0, 1]", cwd=self.folder)
        self.assertIn("glorot_uniform", call(self.program, "show", file))
        for module in ("matplotlib", "xarray", "netCDF4"):
            requirements.module(module)
        scripts = self.prefix / "share/initsweep/scripts"
        call(scripts / "plot.py", "trajectories", file, "-o", self.folder / "xor.svg", cwd=self.folder)
        self.assertIn("</svg>", (self.folder / "xor.svg").read_text(encoding="utf-8"))
        for name in PYTHON_COMMANDS:  # as subcommands, with nothing but the program's folder on the path
            self.assertIn(f"usage: initsweep-{name} ", call(self.program, name, "--help", env={
                **os.environ, "PATH": f"{self.prefix}/bin:/usr/bin:/bin"}, cwd=self.folder))
        self.assertIn("glorot_uniform", call(self.prefix / "bin/initsweep-table", file, "--by", "init"))
        self.assertRegex(call(scripts / "results_hash.py", file), "^[0-9a-f]{16,} ")
        call(scripts / "report.py", "--help")
        program = "from claims.case import DATA; print((DATA / 'twelve.csv').is_file(), (DATA / 'C05.yaml').is_file())"
        found = call("/usr/bin/python3", "-c", program, env={**os.environ, "PYTHONPATH": str(scripts)}, cwd=self.folder)
        self.assertEqual(found, "True True\n")
        self.assertRegex(call(scripts / "table.py", file, "--by", "init"), r"\| glorot_uniform +\| +0\.25 \|")
        self.assertTrue((self.prefix / "share/initsweep/cookbook/gain.yaml").is_file())

    def test_every_command_has_a_manual_page(self):
        need_manual_pages()
        for name in ["initsweep", *(f"initsweep-{command}" for command in [*COMMANDS, *PYTHON_COMMANDS])]:
            self.assertTrue((self.prefix / f"share/man/man1/{name}.1").is_file(), name)

    def test_every_shell_has_a_completion(self):
        for name in ("bash-completion/completions/initsweep", "zsh/site-functions/_initsweep",
                     "fish/vendor_completions.d/initsweep.fish"):
            self.assertIn("verify", (self.prefix / "share" / name).read_text(encoding="utf-8"), name)

    def test_a_cmake_project_finds_the_program(self):
        project = self.folder / "project"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            f"cmake_minimum_required(VERSION 3.25)\nproject(user LANGUAGES NONE)\nfind_package(initsweep {VERSION} "
            "REQUIRED)\n"
            "get_target_property(program initsweep::initsweep LOCATION)\n"
            'message(STATUS "found ${program} ${initsweep_DATA_DIR} ${initsweep_SCRIPTS_DIR}")\n', encoding="utf-8")
        words = [os.environ["CMAKE"], "-S", project, "-B", project / "build", f"-DCMAKE_PREFIX_PATH={self.prefix}"]
        share = self.prefix / "share/initsweep"
        self.assertIn(f"found {self.program} {share} {share}/scripts", call(*words))
        with self.assertRaisesRegex(AssertionError, "compatible"):
            text = (project / "CMakeLists.txt").read_text(encoding="utf-8").replace(VERSION, "1.0")
            (project / "CMakeLists.txt").write_text(text, encoding="utf-8")
            call(*words, "--fresh")

    def test_pkg_config_names_the_program(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.prefix / "share/pkgconfig")}
        requirements.tool("pkg-config")
        ask = lambda *words: call("pkg-config", *words, "initsweep", env=environment).strip()
        self.assertEqual(ask("--modversion"), VERSION)
        self.assertTrue(os.path.samefile(ask("--variable=program"), self.program))
        self.assertTrue((pathlib.Path(ask("--variable=datadir")) / "digits/SHA256SUMS").is_file())
        self.assertTrue((pathlib.Path(ask("--variable=scriptsdir")) / "plot.py").is_file())

    def module_paths(self, module: pathlib.Path) -> dict[str, str]:
        """What a module file prepends, by variable: its words are written down instead of done."""
        requirements.tool("tclsh")
        text = """proc module-whatis {text} {}
proc conflict {name} {}
proc prepend-path {name path} { puts "$name=$path" }
set ModulesCurrentModulefile [lindex $argv 0]
source $ModulesCurrentModulefile
"""
        script = self.folder / "modules.tcl"
        script.write_text(text, encoding="utf-8")
        return dict(line.split("=", 1) for line in call("tclsh", script, module).splitlines())

    def test_the_module_file_puts_the_tree_on_the_paths(self):
        (module,) = (self.prefix / "share/initsweep/modulefiles/initsweep").iterdir()
        self.assertEqual(module.name, VERSION)
        self.assertEqual(self.module_paths(module), {
            "PATH": f"{self.prefix}/bin", "MANPATH": f"{self.prefix}/share/man", "CMAKE_PREFIX_PATH": str(self.prefix),
            "PKG_CONFIG_PATH": f"{self.prefix}/share/pkgconfig",
            "PYTHONPATH": f"{self.prefix}/share/initsweep/scripts"})


class Package(unittest.TestCase):
    """The Debian package of this build in a temporary folder."""

    @classmethod
    def setUpClass(cls):
        for tool in ("dpkg-deb", "dpkg-shlibdeps", "dpkg-parsechangelog"):
            requirements.tool(tool)
        need_manual_pages()
        cls.scratch = tempfile.TemporaryDirectory(prefix="initsweep-deb-")
        call(os.environ["CPACK"], "-G", "DEB", "--config", BUILD / "CPackConfig.cmake", "-B", cls.scratch.name,
             cwd=BUILD)
        (cls.package,) = pathlib.Path(cls.scratch.name).glob("*.deb")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()


class DebianPackage(Package):
    def test_its_control_fields(self):
        fields = dict(re.findall(r"^ ?([A-Z][A-Za-z-]+): (.*)$", call("dpkg-deb", "-f", self.package), re.MULTILINE))
        self.assertEqual((fields["Package"], fields["Version"], fields["Section"]),
                         ("initsweep", f"{VERSION}-1", "science"))
        for library in ("libc6", "libhdf5", "libyaml-0-2", "libdeflate0", "libgomp1", "python3"):
            self.assertRegex(fields["Depends"], rf"(^|[ ,]){library}")
        self.assertTrue(self.package.name.startswith(f"initsweep_{VERSION}-1_"))

    def test_its_files(self):
        listed = call("dpkg-deb", "-c", self.package)
        rows = [line.split(None, 5) for line in listed.splitlines()]
        names = {row[5].removeprefix("./usr/") for row in rows}
        self.assertLessEqual({"bin/initsweep", *(f"bin/initsweep-{name}" for name in PYTHON_COMMANDS),
                              "share/man/man1/initsweep-run.1.gz",
                              "share/initsweep/digits/images-idx3-ubyte",
                              "share/initsweep/scripts/plot.py", "share/doc/initsweep/copyright",
                              "share/doc/initsweep/changelog.gz", "share/doc/initsweep/changelog.Debian.gz",
                              "share/zsh/vendor-completions/_initsweep", "share/cmake/initsweep/initsweepConfig.cmake",
                              "share/pkgconfig/initsweep.pc"}, names)
        self.assertEqual({row[1] for row in rows}, {"root/root"})
        self.assertEqual(len({(row[3], row[4]) for row in rows}), 1, "one time for all: the changelog's")
        self.assertFalse([name for name in names if "__pycache__" in name or name.endswith(".pyc")])

    def test_lintian_finds_nothing(self):
        # as root lintian says so; that is no finding
        said = call(requirements.tool("lintian"), "--fail-on", "error,warning", self.package)
        self.assertEqual([line for line in said.splitlines() if not line.startswith("running with root")], [])


class CleanRoot(Package):
    """Minutes, root and network."""

    def test_it_installs_and_runs_in_a_clean_root(self):
        requirements.tool("mmdebstrap")
        said = call(SOURCE / "tests/packaging/clean_root.sh", self.package, pathlib.Path(self.scratch.name, "root"))
        self.assertIn("glorot_uniform", said)
        self.assertIn(" blocks of commands, 0 not as shown", said)


class Arm64Package(Package):
    """Minutes and network."""

    def test_it_is_made_for_64_bit_arm_too(self):
        out = pathlib.Path(self.scratch.name, "arm64")
        said = call(SOURCE / "scripts/arm64_package.sh", "--out", out, "--program", BUILD / "initsweep")
        self.assertIn("== the same results", said)
        (package,) = out.glob("*.deb")
        field = lambda of, name: call("dpkg-deb", "-f", of, name).strip()
        self.assertEqual(field(package, "Architecture"), "arm64")
        names = lambda of: {row.split()[0] for row in field(of, "Depends").split(", ")}
        self.assertEqual(names(package), names(self.package))


class CrossBuild(unittest.TestCase):
    """What scripts/arm64_package.sh and its toolchain file say before the minutes of building."""

    def fails(self, status: int, *words: object) -> str:
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stderr

    def test_the_script_says_what_is_wrong(self):
        script = SOURCE / "scripts/arm64_package.sh"
        self.assertIn("--no-run", call(script, "--help"))
        self.assertIn("unknown option --rnu", self.fails(2, script, "--rnu"))
        for tool in ("apt-get", "aarch64-linux-gnu-gcc", "qemu-aarch64", "scdoc", "dpkg-shlibdeps"):
            requirements.tool(tool)
        with tempfile.TemporaryDirectory(prefix="initsweep-arm64-") as folder:
            out = pathlib.Path(folder, "out")
            self.assertIn(f"no program {folder}/none",
                          self.fails(1, script, "--out", out, "--program", f"{folder}/none"))
            self.assertFalse(out.exists())

    def test_the_toolchain_file_asks_for_a_sysroot(self):
        requirements.tool("aarch64-linux-gnu-gcc")
        with tempfile.TemporaryDirectory(prefix="initsweep-arm64-") as folder:
            said = self.fails(1, os.environ["CMAKE"], "-S", SOURCE, "-B", folder, "--toolchain",
                              "cmake/aarch64-linux-gnu.cmake", f"-DINITSWEEP_SYSROOT={folder}")
        self.assertIn(f"INITSWEEP_SYSROOT is '{folder}'", " ".join(said.split()))


class Recipes(unittest.TestCase):
    """Recipes for what is not on this machine: their form, and that they ask for what the build asks for."""

    def test_they_are_python_and_name_every_library(self):
        libraries = {"hdf5", "libyaml", "xxhash", "random123", "libdeflate"}
        for name in ("spack/package.py", "easybuild/initsweep-0.1.0-foss-2023a.eb"):
            text = (SOURCE / "packaging" / name).read_text(encoding="utf-8")
            with self.subTest(name=name):
                words = {node.value.split("@")[0].split("+")[0].split("~")[0].lower()
                         for node in ast.walk(ast.parse(text))
                         if isinstance(node, ast.Constant) and isinstance(node.value, str)}
                self.assertLessEqual(libraries, words)
                self.assertIn(VERSION, text)

    def test_conda_names_every_library_and_the_version(self):
        text = (SOURCE / "packaging/conda/meta.yaml").read_text(encoding="utf-8")
        # its templates are the only lines that are not YAML
        recipe = requirements.module("yaml").safe_load(re.sub(r"\{\{.*\}\}", "template", text))
        host = {row.split()[0] for row in recipe["requirements"]["host"]}
        self.assertLessEqual({"openmpi", "hdf5", "yaml", "xxhash", "libdeflate", "python"}, host)
        self.assertEqual([row.get("folder") for row in recipe["source"]], [None, "random123"])
        self.assertEqual(recipe["package"]["version"], VERSION)
        easybuild = (SOURCE / "packaging/easybuild/Random123-1.14.0-GCCcore-12.3.0.eb").read_text(encoding="utf-8")
        self.assertIn(recipe["source"][1]["sha256"], easybuild)

    def test_what_easybuild_lacks_stands_beside_its_recipe(self):
        folder = SOURCE / "packaging/easybuild"
        (recipe,) = folder.glob("initsweep-*.eb")
        fields = lambda path: {node.targets[0].id: node.value
                               for node in ast.parse(path.read_text(encoding="utf-8")).body
                               if isinstance(node, ast.Assign)}
        asked = {tuple(ast.literal_eval(row)) for name in ("builddependencies", "dependencies")
                 for row in fields(recipe)[name].elts}
        for path in set(folder.glob("*.eb")) - {recipe}:
            with self.subTest(path=path.name):
                name, version = (ast.literal_eval(fields(path)[key]) for key in ("name", "version"))
                self.assertTrue(path.name.startswith(f"{name}-{version}-GCCcore-"))
                self.assertIn((name, version), asked)
                self.assertRegex(ast.literal_eval(fields(path)["checksums"])[0], "^[0-9a-f]{64}$")

    def test_the_containers_name_packages_of_the_list(self):
        listed = {line.split()[1] for line in (SOURCE / "scripts/packages.txt").read_text(encoding="utf-8").splitlines()
                  if line and not line.startswith("#")}
        build = {line.split()[1] for line in (SOURCE / "scripts/packages.txt").read_text(encoding="utf-8").splitlines()
                 if line.startswith("build ")}
        for name in ("Dockerfile", "initsweep.def"):
            text = (SOURCE / "packaging/container" / name).read_text(encoding="utf-8")
            package = r"lib[a-z0-9-]+|gcc|cmake|ninja-build|pkgconf|git|scdoc"
            named = set(re.findall(rf"(?<=[ \n])(?:{package})(?=[ \n\\])", text))
            with self.subTest(name=name):
                self.assertLessEqual(build, named)
                self.assertLessEqual(named, listed)

    def test_the_citation_has_the_version_and_the_fields_it_needs(self):
        text = (SOURCE / "CITATION.cff").read_text(encoding="utf-8")
        for field in ("cff-version: 1.2.0", "title:", "message:", "authors:", f"version: {VERSION}", "license: MIT"):
            self.assertRegex(text, rf"(?m)^{re.escape(field)}")

    def test_the_changelog_of_the_package_has_the_version(self):
        text = (SOURCE / "packaging/debian/changelog").read_text(encoding="utf-8")
        self.assertTrue(text.startswith(f"initsweep ({VERSION}-1) "))


if __name__ == "__main__":
    unittest.main()

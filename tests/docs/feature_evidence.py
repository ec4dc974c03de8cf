#!/usr/bin/python3
"""What shows each "yes" of the table in docs/comparison.md: which part of the tests that the row names, and whether it
ran.

    feature_evidence.py JUNIT.XML     the report of a whole run, ctest --output-junit; silent where all is shown

A row is shown if every test that it names ran and its output has the evidence below: the name of a test function, or a
pattern. A test that was skipped shows nothing. It is only forgiven for what tests/requirements.py lets be absent, and
if another test of the row ran.
"""
import pathlib
import re
import sys
import xml.etree.ElementTree

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tests"))
from requirements import MAY_BE_ABSENT  # noqa: E402

HASHES = r"/\d+ lines as in \S*reference/hashes\.txt/"
#: first words of a row -> test -> a function of it, or a /pattern/ in its output
EVIDENCE = {
    "many networks in one vectorised call": {"exactness_pairs": "all_pairs_of_all_settings"},
    "every network its own initial weights": {"exactness_edges": "full_product_of_the_tables"},
    "the same bits in any pack": {
        "exactness_edges": "a_lane_alone_equals_the_lane_among_others", "hashes": HASHES, "hashes_clang": HASHES,
        "hashes_arm64": HASHES, "commands_run": "test_same_bytes_from_any_ranks_and_threads",
        "cluster_mpich": r"/(\w{16,}) +one\.h5\n\1 +two\.h5\n\1 +three\.h5\n\1 +alone\.h5\n/"},
    "units that start equal": {"symmetry": "constant_start_stays_symmetric_under_adam"},
    "the grid in one file": {"sweep_errors": r"/\d\d files, 0 wrong/",
                             "test_sweep_grid": "a_union_trains_each_network_once"},
    "several machines": {
        "cluster_hosts": "test_three_hosts_leave_the_file_of_one_rank",
        "cluster_queue": "few_packs_are_shared_fairly_among_ranks", "slurm": "test_a_requeued_in_the_middle"},
    "resumes after a kill": {
        "faults_kill": r"/\nkill +[1-9]\d* +\d+( +0)+\n/",
        "commands_checkpoint": "test_killed_again_and_again"},
    "a diverged network is kept": {
        "exactness_edges": "divergence_at_different_steps", "commands_run": "test_file_holds_every_network"},
    "all trajectories in one": {
        "test_results_file": "every_number_is_read_back", "commands_run": "test_h5diff_sees_no_difference"},
    "time, memory and disk": {"commands_plan": "test_a_run_takes_what_was_estimated"},
    "a stored network trained again": {"commands_verify_replay": "test_one_wrong_bit_is_found"},
    "dropout, layer normalisation": {"oracle_training": r"/normalization: \d+ networks, .*/"},
    "eigenvalues of the Hessian": {"oracle_hessian": "test_values"},
}


def rows() -> dict[str, list[str]]:
    """The rows of the table whose answer for initsweep is yes -> the tests that they name, but for that of the
    peers."""
    text = (SOURCE / "docs/comparison.md").read_text(encoding="utf-8").split("| what | initsweep |")[1].split("\n\n")[0]
    found = {}
    for line in text.splitlines()[2:]:
        what, ours, *_, shown_by = [cell.strip() for cell in line.strip("|").split("|")]
        if ours == "yes":
            found[what] = [name for name in re.findall(r"`(\w+)`", shown_by) if name != "docs_feature_table"]
    return found


def of_row(what: str) -> dict[str, str]:
    """A row's evidence; KeyError where there is none or more than one."""
    (fitting,) = [evidence for words, evidence in EVIDENCE.items() if what.startswith(words)] or [None]
    if fitting is None:
        raise KeyError(what)
    return fitting


def shows(output: str, evidence: str) -> bool:
    """Whether the output of a test that passed has the evidence."""
    if evidence.startswith("/"):
        return re.search(evidence[1:-1], output) is not None
    # cmocka; unittest, which says `skipped` of a part
    if re.search(rf"\[ +OK \] {evidence}$", output, re.MULTILINE):
        return True
    said = re.search(rf"^{evidence} \((?:.|\n)*?(?=^test_|\Z)", output, re.MULTILINE)
    return said is not None and "skipped" not in said[0]


def missing(report: pathlib.Path) -> list[str]:
    """What the report of a run does not show, a line each."""
    cases = {case.get("name"): case for case in xml.etree.ElementTree.parse(report).getroot().iter("testcase")}
    lines = []
    for what, names in rows().items():
        ran = 0
        for name in names:
            case = cases.get(name)
            output = "" if case is None else case.findtext("system-out") or ""
            forgiven = any(f"{reason} is missing" in output for reason in MAY_BE_ABSENT)
            if case is not None and case.get("status") == "run" and shows(output, of_row(what)[name]):
                ran += 1
            elif not forgiven:
                lines.append(f"{what}: not shown by {name} ({of_row(what)[name]})")
        if ran == 0:
            lines.append(f"{what}: shown by no test that ran")
    return lines


if __name__ == "__main__":
    found = missing(pathlib.Path(sys.argv[1]))
    for found_line in found:
        print(f"docs/comparison.md: {found_line}")
    sys.exit(1 if found else 0)

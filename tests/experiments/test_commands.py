import json

import pytest

from weaknas_experiments.report import writer
from weaknas_experiments.study.manifest import MANIFEST, read_manifest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def test_run_status_report(cli, study_file, out, monkeypatch):
    code, printed, err = cli("study", "run", study_file(), "--out", out)
    assert (code, printed, err) == (0, f"{out}: 6 of 6 runs\n", "")
    code, printed, _ = cli("study", "status", out)
    assert code == 0
    assert "small: 6 of 6 runs, not running" in printed
    monkeypatch.setattr(writer, "write_report", lambda results, where: where / results.manifest.study)
    assert cli("study", "report", out)[1] == f"{out / 'report/small'}\n"
    assert cli("study", "report", out, "--out", "there")[1] == "there/small\n"


def test_the_command_of_the_whole_study_is_noted_and_the_folder_has_a_default(cli, study_file, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli("study", "run", study_file(), "--only", "random")[1] == "results/small: 3 of 3 runs\n"
    command = read_manifest(tmp_path / "results/small").command
    assert command == ["weaknas", "study", "run", str(study_file())]
    assert "small: 3 of 6 runs, not running, about" in cli("study", "status", "results/small")[1]


def test_merge(cli, study_file, tmp_path, out):
    for at, seeds in ((out, '"0-1"'), (tmp_path / "more", '"2-2"')):
        cli("study", "run", study_file(("seeds = 3", f"seeds = {seeds}")), "--out", at)
    code, _, err = cli("study", "merge", out, tmp_path / "more")
    assert code == 2
    assert "name it with --out" in err
    assert cli("study", "merge", out, tmp_path / "more", "--out", tmp_path / "both")[1].endswith("both: 6 runs\n")
    assert cli("study", "merge", out)[1] == f"{out}: 4 runs\n"


def test_what_failed_is_said_and_the_exit_code_is_1(cli, study_file, tmp_path, out):
    (tmp_path / "broken.py").write_text(
        "from weaknas.strategies.random import RandomSearch\n"
        "class Broken(RandomSearch):\n    def ask(self, n=None):\n        raise RuntimeError('no')\n"
    )
    change = ('name = "random"', f'name = "{tmp_path / "broken.py"}:Broken"\nlabel = "broken"')
    code, printed, err = cli("study", "run", study_file(change), "--out", out)
    assert (code, printed) == (1, f"{out}: 3 of 6 runs\n")
    assert err == "weaknas: broken failed on toy, seed 0: RuntimeError: no\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing"], "there is no study file nothing"),
        (["run", "FILE", "--out", "FILE"], "cannot write to FILE"),
        (["status", "EMPTY"], "is no folder of a study: it has no manifest.json"),
        (["run", "FILE", "--out", "OUT", "--jobs", "0"], "0 jobs make no run"),
        (["report", "EMPTY"], "is no folder of a study"),
        (["merge", "EMPTY"], "is no folder of a study"),
        (["merge", "EMPTY", "--out", "OUT"], "is no folder of a study"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_code_2(cli, study_file, tmp_path, arguments, message):
    names = {"FILE": str(study_file()), "EMPTY": str(tmp_path), "OUT": str(tmp_path / "x")}
    code, out, err = cli("study", *(names.get(a, a) for a in arguments))
    assert (code, out) == (2, "")
    assert err.startswith("weaknas: ")
    assert err.count("\n") == 1
    assert message.replace("FILE", names["FILE"]) in err


def test_a_study_without_a_finished_run_has_no_report(cli, tmp_path):
    strategies = {"random": {"budget": 3, "seeds": [[0, 1]]}}
    said = {"format": 1, "study": "small", "benchmarks": {}, "strategies": strategies, "versions": {}, "command": []}
    (tmp_path / MANIFEST).write_text(json.dumps(said))
    code, _, err = cli("study", "report", tmp_path)
    assert code == 2
    assert "holds no finished run yet" in err


def test_the_shipped_studies_are_listed(cli):
    names = cli("study", "list")[1].splitlines()
    assert "demo" in names
    assert names == sorted(names)


def test_the_demo_runs_from_its_name(cli, out):
    code, printed, _ = cli("study", "run", "demo", "--only", "r*", "--out", out)
    assert (code, printed) == (0, f"{out}: 20 of 20 runs\n")


def test_a_manifest_that_says_too_little(cli, tmp_path):
    (tmp_path / MANIFEST).write_text('{"format": 1}')
    for command in ("status", "report"):
        code, _, err = cli("study", command, tmp_path)
        assert (code, err.count("\n")) == (2, 1)
        assert "study: field required; see docs/leaderboard.md" in err


@pytest.mark.usefixtures("drafts")
def test_labels_are_shown_as_they_are(cli, study_file, tmp_path):
    file = study_file(('name = "random"', 'name = "random"\nlabel = "random [/x] $a_$"'), (', "paper"', ""))
    out = tmp_path / "out"
    assert cli("study", "run", file, "--out", out, "--only", "random [/x] $a_$")[0] == 0
    code, said, _ = cli("study", "status", out)
    assert code == 0
    assert "[/x]" in said
    assert cli("study", "report", out)[0] == 0


def test_a_plug_in_that_breaks_when_it_is_made_is_one_sentence(cli, study_file, tmp_path):
    (tmp_path / "mine.py").write_text(
        "from weaknas.strategies.random import RandomSearch\n"
        "class Raises(RandomSearch):\n    def __init__(self, space, *, seed=0):\n        raise KeyError('no key')\n"
        "class Forgets(RandomSearch):\n    def __init__(self, space, *, tau=1, seed=0):\n"
        "        super().__init__(space, seed=seed)\n"
        "def number(space, *, seed=0):\n    return 3\n"
    )
    for name, message in (
        ("Raises", "KeyError: 'no key'"),
        ("Forgets", "no attribute 'tau'"),
        ("number", "makes a int"),
    ):
        file = study_file(('name = "random"', f'name = "{tmp_path / "mine.py"}:{name}"\nlabel = "mine"'))
        code, _, err = cli("study", "run", file, "--out", tmp_path / "out")
        assert (code, err.count("\n")) == (2, 1)
        assert f"{file}, line" in err
        assert message in err

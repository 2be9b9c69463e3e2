"""Journals that were torn, altered or filled the disk: mended or refused, and never made worse."""

import json
import resource

import numpy as np
import optuna
import pytest

import weaknas
from weaknas.errors import WeaknasError
from weaknas.optuna import search
from weaknas.optuna.storage.backend import storage_at


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """What was in flight is taken over after a tenth of a second."""
    monkeypatch.setattr("weaknas.optuna.storage.backend.GRACE", 0.1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.log"


@pytest.fixture
def written(toy, path):
    """The bytes of a search of four."""
    run(toy, path, 4)
    return path.read_bytes()


def run(bench, path, budget):
    strategy = weaknas.strategy("random", bench.space)
    return search(bench, strategy, budget, storage=f"journal:{path}", study="mine", heartbeat=1)


def trials(path):
    study = optuna.load_study(storage=storage_at(f"journal:{path}", 15), study_name="mine")
    return [(trial.state, trial.values, trial.params, trial.user_attrs) for trial in study.trials]


@pytest.mark.parametrize("cut", [1, 10, 200])
def test_a_torn_line_is_mended_and_the_search_goes_on_as_often_as_it_is_started(toy, path, written, cut):
    path.write_bytes(written[:-cut])
    for budget in (6, 6, 7):
        result = run(toy, path, budget)
        assert len(result.history) == budget
    scores = toy.evaluate(toy.space.from_str(result.history["arch"])).scores
    np.testing.assert_array_equal(result.history["valid_acc"], scores)
    end = written[:-cut].rindex(b"\n") + 1
    assert path.read_bytes().startswith(written[:end])
    assert path.with_name("runs.log.torn").read_bytes() == written[end:-cut] + b"\n"


def test_a_torn_line_is_not_touched_by_reading(path, written):
    path.write_bytes(written[:-10])
    trials(path)
    assert path.read_bytes() == written[:-10]


def test_a_journal_that_is_torn_in_its_first_line_begins_again(toy, path, written):
    path.write_bytes(written[:20])
    assert len(run(toy, path, 4).history) == 4
    assert path.with_name("runs.log.torn").read_bytes() == written[:20] + b"\n"


@pytest.mark.parametrize("content", [b"hello", b"hello\n", b"{}\n", b"[1]\n", b"\x00\xff", b"PAR1" * 100])
def test_another_file_is_refused_and_left_alone(toy, path, content):
    path.write_bytes(content)
    with pytest.raises(WeaknasError, match=r"is no journal of Optuna, or it is damaged \(line 1\)"):
        run(toy, path, 4)
    assert path.read_bytes() == content


def mutated(content, rng):
    """Return bytes with one change of some kind."""
    at, length = int(rng.integers(len(content))), int(rng.integers(1, 40))
    noise = rng.integers(0, 256, length, dtype=np.uint8).tobytes()
    flipped = bytes([content[at] ^ 1 << int(rng.integers(8))])
    lines = content.splitlines(keepends=True)
    line = int(rng.integers(len(lines)))
    return [
        content[:at] + flipped + content[at + 1 :],
        content[:at],
        content[:at] + noise + content[at:],
        content[:at] + content[at + length :],
        content[:at] + bytes(length) + content[at + length :],
        b"".join([*lines[:line], *lines[line + 1 :]]),
        b"".join([*lines[: line + 1], *lines[line:]]),
        b"".join(rng.permutation(np.array(lines, dtype=object))),
    ][int(rng.integers(8))]


def checksums_removed(content):
    """As Optuna itself would have written it."""
    lines = [json.loads(line) for line in content.splitlines()]
    for line in lines:
        del line["checksum"]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines).encode()


@pytest.mark.parametrize("old", [False, True])
def test_any_mutation_is_refused_in_a_sentence_or_read(path, written, old):
    rng = np.random.default_rng(0)
    whole = checksums_removed(written) if old else written
    refused = 0
    for _ in range(150):
        content = mutated(whole, rng)
        path.write_bytes(content)
        try:
            storage = storage_at(f"journal:{path}", 15)
            storage.create_new_study([optuna.study.StudyDirection.MINIMIZE], "another")
        except WeaknasError as refusal:
            refused += "\n" not in str(refusal)
            assert path.read_bytes() == content
        else:
            storage_at(f"journal:{path}", 15).get_all_studies()  # nor is it made worse
    assert refused > 60


def test_a_flipped_bit_is_not_read_as_another_score(path, written):
    scores = [trial[1] for trial in trials(path)]
    digits = [i for i, byte in enumerate(written) if chr(byte).isdigit()]
    for at in digits[:: len(digits) // 100]:
        path.write_bytes(written[:at] + bytes([written[at] ^ 1]) + written[at + 1 :])
        with pytest.raises(WeaknasError, match=r"damaged \(line \d+\)"):
            trials(path)
    path.write_bytes(written)
    assert [trial[1] for trial in trials(path)] == scores


def test_a_flipped_bit_that_leaves_the_number_as_it_was_is_noticed_too(path, written):
    study = optuna.load_study(storage=storage_at(f"journal:{path}", 15), study_name="mine")
    study.set_user_attr("sum", 0.30000000000000004)
    content = path.read_bytes()
    assert float("0.30000000000000005") == 0.30000000000000004
    path.write_bytes(content.replace(b"0.30000000000000004", b"0.30000000000000005"))
    with pytest.raises(WeaknasError, match=r"damaged \(line \d+\)"):
        trials(path)


def test_a_full_disk_leaves_what_was_written(toy, path, written):
    room = 2000
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(written) + room, hard))
    try:
        with pytest.raises(WeaknasError, match=r"the journal .*runs.log cannot be used: .*too large; mend that"):
            run(toy, path, 50)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    content = path.read_bytes()
    assert content.startswith(written)
    assert len(content) <= len(written) + room
    assert content.endswith(b"\n")
    assert len(run(toy, path, 12).history) == 12


def test_optuna_itself_reads_and_extends_it(toy, path, written):
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    study = optuna.load_study(storage=optuna.storages.JournalStorage(backend), study_name="mine")
    assert len(study.trials) == 4
    study.set_user_attr("note", "by hand")
    assert len(run(toy, path, 5).history) == 5


def test_a_sign_of_life_of_an_evaluation_that_has_just_ended_raises_nothing(toy, path, written):
    storage = storage_at(f"journal:{path}", 15)
    assert storage.get_trial(0).state.is_finished()
    storage.record_heartbeat(0)
    assert path.read_bytes().startswith(written)

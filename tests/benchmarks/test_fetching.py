import errno
import hashlib
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from weaknas.errors import NotFound, WeaknasError
from weaknas_benchmarks import fetching
from weaknas_benchmarks.fetching import OfficialFile, fetch

CONTENT = os.urandom(3_000_000)


class Server(ThreadingHTTPServer):
    """Serves CONTENT; breaks off after `limit` bytes, remembers the ranges asked for."""

    limit = len(CONTENT)
    content = CONTENT
    ranges: list
    resumes = True


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self):
        wanted = self.headers.get("Range")
        self.server.ranges.append(wanted)
        if self.path != "/file":
            self.send_error(404)
            return
        start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and self.server.resumes else 0
        if start >= len(self.server.content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(self.server.content) - start))
        self.end_headers()
        self.wfile.write(self.server.content[start : start + self.server.limit])

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    server = Server(("127.0.0.1", 0), Handler)
    server.ranges = []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    known = {"size": "3 MB", "page": "https://example.org", "sha256": hashlib.sha256(CONTENT).hexdigest()}
    found = {
        "it": OfficialFile("it", "it.bin", url=f"{address}/file", **known),
        "gone": OfficialFile("gone", "gone.bin", url=f"{address}/gone", **known),
        "drive": OfficialFile("drive", "drive.bin", size="5 GB", page="https://example.org/page"),
    }
    monkeypatch.setattr(fetching, "official_files", lambda: found)
    yield server
    server.shutdown()
    server.server_close()


def test_a_file_is_downloaded_once(server, tmp_path):
    path = fetch("it", tmp_path)
    assert path == tmp_path / "it.bin"
    assert path.read_bytes() == CONTENT
    assert fetch("it", tmp_path) == path
    assert server.ranges == [None]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("resumes", [True, False])
def test_a_broken_download_goes_on_where_it_stopped(server, tmp_path, resumes):
    server.limit = 1_200_000
    with pytest.raises(NotFound, match=r"could not be downloaded .*try again to go on, or get it.bin \(3 MB, sha256"):
        fetch("it", tmp_path)
    assert not (tmp_path / "it.bin").exists()
    server.limit, server.resumes = len(CONTENT), resumes
    assert fetch("it", tmp_path).read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert 0 < int(server.ranges[1].removeprefix("bytes=").removesuffix("-")) <= 1_200_000


def test_a_download_that_was_stopped_at_its_very_end_is_finished(server, tmp_path):
    (tmp_path / ".it.bin.part").write_bytes(CONTENT)
    assert fetch("it", tmp_path).read_bytes() == CONTENT


def test_a_wrong_checksum_is_refused_and_what_came_deleted(server, tmp_path):
    server.content = CONTENT[:-1] + b"?"
    with pytest.raises(WeaknasError, match=r"is not it.bin: its sha256 is not"):
        fetch("it", tmp_path)
    assert list(tmp_path.iterdir()) == []
    server.content = CONTENT
    assert fetch("it", tmp_path).read_bytes() == CONTENT


def test_an_address_that_does_not_have_it_is_named(server, tmp_path):
    with pytest.raises(NotFound, match=r"/gone could not be downloaded \(HTTP 404\)"):
        fetch("gone", tmp_path)


def test_offline_the_error_says_what_to_do_by_hand(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(NotFound, match=r"could not be downloaded \(ConnectionError\).*weaknas data import it.bin"):
        fetch("it", tmp_path)


def test_a_full_disk_is_one_sentence_and_keeps_what_came(server, tmp_path, monkeypatch):
    written = []

    def full(response, file, have):
        file.write(CONTENT[:1000])
        written.append(True)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(fetching, "_copy", full)
        with pytest.raises(WeaknasError, match=r"No space left on device \(what was downloaded is kept\)"):
            fetch("it", tmp_path)
    assert written
    assert (tmp_path / ".it.bin.part").read_bytes() == CONTENT[:1000]
    assert fetch("it", tmp_path).read_bytes() == CONTENT


def test_what_a_program_cannot_ask_for_is_said(server, tmp_path):
    with pytest.raises(NotFound, match=r"drive.bin cannot be fetched by a program: get drive.bin \(5 GB\) from https"):
        fetch("drive", tmp_path)
    with pytest.raises(NotFound, match="no official file named 'driv'; did you mean drive"):
        fetch("driv", tmp_path)


def test_the_command_lists_and_fetches(server, tmp_path, cli):
    assert "it: it.bin, 3 MB, http://127.0.0.1" in cli("data", "fetch")[1]
    code, out, _ = cli("data", "fetch", "it", "--out", tmp_path)
    assert (code, Path(out.strip())) == (0, tmp_path / "it.bin")


def test_the_cards_name_their_files():
    found = fetching.official_files()
    assert {"nasbench101-only108", "nasbench101-full", "nasbench201", "nats-size"} <= set(found)
    for source in found.values():
        assert source.page.startswith("https://")
        assert not source.url or len(source.sha256) == 64

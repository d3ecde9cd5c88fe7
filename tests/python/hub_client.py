"""
Runs whatever huggingface_hub is importable against a server, through a proxy that sees every request:

    PYTHONPATH=... python3 tests/python/hub_client.py --url http://127.0.0.1:5080 [--keyed http://127.0.0.1:5081 --key TOKEN] [--size BYTES] [--record FOLDER] [--only TEXT]

Both servers are empty before. --size is the length of each of a model's two tensors. --record writes the requests and answers of a run without interruptions into FOLDER.
"""

import argparse
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

from hub_store import CONFIG, SHARDS, SINGLE, TOKENIZER, Store, model, shards
from hub_wire import Wire

KIB = 1024


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def refused(kind, call, *arguments, **options):
    """The error that a call ends with; it is of this kind and no other."""
    try:
        call(*arguments, **options)
    except Exception as error:
        assert type(error).__name__ in kind, f"{type(error).__name__} instead of {kind}: {error}"
        return error
    raise AssertionError(f"{call.__name__}{arguments} was not refused")


class Scenario:
    """The client, a server, and what is to come of the two."""

    def __init__(self, url, size, hub, wire):
        self.store, self.size, self.hub, self.wire = Store(url), size, hub, wire
        self.api = hub.HfApi()
        self.cache = tempfile.mkdtemp(prefix="fish-hub-")
        self.old = hub.__version__.startswith("0.")
        self.digests = {step: hashlib.sha256(model(size, step)).hexdigest() for step in (100, 120, 130)}

    def fetch(self, file=SINGLE, repository="sst2", **options):
        return self.hub.hf_hub_download(repository, file, **{"cache_dir": self.cache, **options})

    def sent(self, method):
        return [exchange for exchange in self.wire.take() if exchange.method == method and "/resolve/" in exchange.path]

    def require_resumed(self, gets, which):
        """A client keeps what came in pieces of 10 MiB: with less than one it has nothing to go on from."""
        if self.size > 10 << 20:
            start = int(gets[which].asked["Range"].removeprefix("bytes=").rstrip("-"))
            assert start >= 10 << 20 and gets[which].status == 206, gets[which].asked

    # Each check stands alone, but for the store: the later ones change it.

    def check_describes_a_repository(self):
        info = self.api.model_info("sst2", files_metadata=True)
        assert info.id == "fish/sst2" and info.author == "fish" and len(info.sha) == 40 and not info.private and info.gated is False, info
        assert info.last_modified is not None and info.created_at is not None and "safetensors" in info.tags and "step-120" in info.tags, info
        assert info.safetensors.total == self.size // 2 and info.safetensors.parameters == {"F32": self.size // 2}, info.safetensors
        files = {sibling.rfilename: sibling for sibling in info.siblings}
        assert sorted(files) == ["config.json", SINGLE, "tokenizer.json"], files
        assert files[SINGLE].lfs.sha256 == self.digests[120] and files[SINGLE].size == len(model(self.size, 120)), files
        assert files["config.json"].lfs.sha256 == hashlib.sha256(CONFIG).hexdigest(), files
        old = {sibling.rfilename: sibling for sibling in self.api.model_info("fish/sst2", revision="step-100", files_metadata=True).siblings}
        assert old[SINGLE].lfs is None and old[SINGLE].blob_id.startswith("fish-"), old
        assert self.api.model_info("empty").sha is None and self.api.model_info("empty").siblings == []

    def check_reads_a_base(self):
        info = self.api.model_info("single")
        assert info.id == "fish/single" and len(info.sha) == 40 and "base" in info.tags, info
        path = self.fetch(repository="single")
        assert sha256(path) == hashlib.sha256(model(self.size, 0)).hexdigest()
        assert [commit.commit_id for commit in self.api.list_repo_commits("single")] == [info.sha]

    def check_lists_commits(self):
        titles = [commit.title for commit in self.api.list_repo_commits("sst2")]
        assert titles[-1] == "step-100" and titles == sorted(titles, reverse=True), titles
        assert list(self.api.get_repo_discussions("sst2")) == []

    def check_refuses_what_is_not_done(self):
        for call, arguments in (
                (self.api.create_repo, ("sst2",)), (self.api.delete_repo, ("sst2",)), (self.api.create_branch,
                    ("sst2",)), (self.api.create_tag, ("sst2",))):
            options = {"branch": "dev"} if call == self.api.create_branch else {"tag": "v1"} if call == self.api.create_tag else {}
            error = refused(("HfHubHTTPError",), call, *arguments, **options)
            assert "here" in str(error) or "server" in str(error), error
        refused(("RepositoryNotFoundError",), self.api.dataset_info, "squad")
        refused(("RepositoryNotFoundError",), self.api.space_info, "fish/sst2")

    def check_lists_models(self):
        ids = [found.id for found in self.api.list_models()]
        assert ids == ["fish/big", "fish/empty", "fish/sharded", "fish/single", "fish/sst2"], ids
        assert [found.id for found in self.api.list_models(sort="last_modified", filter="base:single")] == ["fish/sst2", "fish/empty"]
        refused(("HfHubHTTPError", "BadRequestError"), lambda: list(self.api.list_models(sort="downloads")))
        assert [found.id for found in self.api.list_models(search="SST")] == ["fish/sst2"]
        assert [found.id for found in self.api.list_models(author="fish", limit=2)] == ids[:2]
        assert list(self.api.list_models(author="google")) == [] and list(self.api.list_models(filter="text-classification")) == []
        pages = self.hub.utils.paginate(f"{self.wire.url}/api/models", params={"limit": 1}, headers={})
        assert [found["id"] for found in pages] == ids

    def check_lists_files_and_revisions(self):
        assert sorted(self.api.list_repo_files("sst2")) == ["config.json", SINGLE, "tokenizer.json"]
        assert sorted(self.api.list_repo_files("fish/big", revision="step-5")) == ["config.json", *SHARDS, f"{SINGLE}.index.json"]
        tree = {entry.path: entry for entry in self.api.list_repo_tree("sst2", recursive=True, expand=True, revision="step-120")}
        assert tree[SINGLE].lfs.sha256 == self.digests[120] and len(tree[SINGLE].blob_id) == 40 and tree[SINGLE].last_commit.title == "step-120", tree
        pages = self.hub.utils.paginate(f"{self.wire.url}/api/models/sst2/tree/main", params={"limit": 2}, headers={})
        assert [entry["path"] for entry in pages] == ["config.json", SINGLE, "tokenizer.json"]
        refused(["EntryNotFoundError", "RemoteEntryNotFoundError"], list, self.api.list_repo_tree("sst2", "additional_chat_templates"))
        refs = self.api.list_repo_refs("sst2")
        commits = {ref.name: ref.target_commit for ref in refs.branches + refs.tags}
        assert sorted(commits) == ["main", "released", "step-100", "step-120"], commits
        assert commits["main"] == commits["step-120"] == self.api.model_info("sst2").sha and commits["released"] == commits["step-100"] != commits["main"], commits
        infos = self.api.get_paths_info("sst2", ["config.json", "missing.bin"], expand=True)
        assert [info.path for info in infos] == ["config.json"] and infos[0].size == len(CONFIG), infos
        assert self.api.file_exists("sst2", "config.json") and not self.api.file_exists("sst2", "pytorch_model.bin")
        assert self.api.repo_exists("fish/sst2") and not self.api.repo_exists("other/sst2") and not self.api.repo_exists("sst3")
        assert self.api.revision_exists("sst2", "best") and not self.api.revision_exists("sst2", "step-7")

    def check_downloads_each_kind_of_revision(self):
        commit = self.api.model_info("sst2", revision="step-100").sha
        for revision, step in ((None, 120), ("main", 120), ("latest", 120), ("step-120", 120), ("best", 100), ("released", 100), ("step-100", 100), (commit, 100)):
            path = self.fetch(revision=revision, cache_dir=tempfile.mkdtemp(dir=self.cache))
            assert sha256(path) == self.digests[step], revision
            assert (os.path.basename(os.path.dirname(path)) == commit) == (step == 100), path
        path = self.fetch(repository="fish/sst2")
        assert sha256(path) == self.digests[120] and sha256(self.fetch("config.json")) == hashlib.sha256(CONFIG).hexdigest()

    def check_asks_only_what_changed(self):
        self.fetch()
        self.wire.take()
        again = self.fetch()
        asked = self.wire.take()
        assert sha256(again) == self.digests[120] and asked and all(exchange.method == "HEAD" for exchange in asked), [str(exchange) for exchange in asked]
        self.fetch(revision=self.api.model_info("sst2").sha)
        assert self.sent("HEAD") == []

    def check_downloads_snapshots(self):
        folder = self.hub.snapshot_download("sst2", cache_dir=self.cache)
        assert sorted(os.listdir(folder)) == ["config.json", SINGLE, "tokenizer.json"]
        assert sha256(os.path.join(folder, SINGLE)) == self.digests[120] and sha256(os.path.join(folder, "tokenizer.json")) == hashlib.sha256(TOKENIZER).hexdigest()
        self.wire.take()
        assert self.hub.snapshot_download("sst2", cache_dir=self.cache) == folder
        asked = self.wire.take()
        assert not any("/resolve/" in exchange.path for exchange in asked), [str(exchange) for exchange in asked]
        folder = self.hub.snapshot_download("fish/big", revision="step-5", cache_dir=self.cache, allow_patterns=["*.safetensors*", "*.json"])
        assert all(sha256(os.path.join(folder, name)) == hashlib.sha256(data).hexdigest() for name, data in shards(5).items())
        local = os.path.join(self.cache, "local")
        self.hub.snapshot_download("sst2", local_dir=local)
        assert sha256(os.path.join(local, SINGLE)) == self.digests[120]

    def check_works_offline(self):
        folder = self.hub.snapshot_download("sst2", cache_dir=self.cache)
        self.wire.take()
        assert self.hub.snapshot_download("sst2", cache_dir=self.cache, local_files_only=True) == folder
        code = f"import huggingface_hub as h; print(h.snapshot_download('sst2', cache_dir={self.cache!r}))"
        found = subprocess.run([sys.executable, "-c", code], env={**os.environ, "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=True)
        assert found.stdout.strip() == folder and self.wire.take() == [], found

    def check_reads_a_header_by_ranges(self):
        self.wire.take()
        metadata = self.api.get_safetensors_metadata("fish/sst2")
        assert metadata.parameter_count == {"F32": self.size // 2} and any("Range" in exchange.asked for exchange in self.wire.take())

    def check_reads_parts_as_a_file_system(self):
        files = self.hub.HfFileSystem()
        assert sorted(files.ls("fish/sst2", detail=False)) == [f"fish/sst2/{name}" for name in ("config.json", SINGLE, "tokenizer.json")]
        with files.open(f"fish/sst2@step-100/{SINGLE}", "rb", block_size=1 << 16) as file:
            file.seek(-100, os.SEEK_END)
            assert file.read() == model(self.size, 100)[-100:]

    def check_verifies_what_it_has(self):
        verify = getattr(self.api, "verify_repo_checksums", None)
        if verify is not None:
            self.hub.snapshot_download("sst2", cache_dir=self.cache)
            found = verify("sst2", cache_dir=self.cache)
            assert found.mismatches == [] and found.checked_count == 3, found

    def check_goes_on_after_a_broken_connection(self):
        cache = tempfile.mkdtemp(dir=self.cache)
        self.wire.take()
        self.wire.limit = self.size + self.size // 2
        try:
            path = self.fetch(cache_dir=cache)
        except OSError as error:
            # Old versions notice it at the end, and leave it to the next call to go on.
            assert self.old and "Consistency check failed" in str(error), error
            path = self.fetch(cache_dir=cache)
        assert sha256(path) == self.digests[120] and self.wire.limit is None, "nothing was broken off"
        self.require_resumed(self.sent("GET"), 1)

    def check_goes_on_after_a_kill(self):
        cache = tempfile.mkdtemp(dir=self.cache)
        code = f"import huggingface_hub as h; print(h.hf_hub_download('sst2', {SINGLE!r}, revision='step-100', cache_dir={cache!r}))"
        self.wire.take()
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.wire.limit, self.wire.at_limit = self.size + self.size // 2, lambda: os.kill(child.pid, signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        child.stdout.close(), child.stderr.close()
        self.wire.at_limit = lambda: None
        left = [name for _, _, names in os.walk(cache) for name in names if name.endswith(".incomplete")]
        self.wire.take()
        path = self.fetch(revision="step-100", cache_dir=cache)
        gets = self.sent("GET")
        assert sha256(path) == self.digests[100] and left, left
        # Later versions begin a file of their own in each process, and fetch it from its first byte.
        if self.old:
            self.require_resumed(gets, 0)
        print(f"    after a kill, {left[0][-30:]} was left and the Range asked for was {gets[0].asked.get('Range')}")

    def check_refuses_what_is_not_there(self):
        for repository in ("unknown", "other/sst2", "fish/unknown", "datasets"):
            refused(["RepositoryNotFoundError"], self.fetch, repository=repository)
            refused(["RepositoryNotFoundError"], self.hub.snapshot_download, repository, cache_dir=self.cache)
            refused(["RepositoryNotFoundError"], self.api.model_info, repository)
        for revision in ("step-7", "untagged", "0" * 40, "refs/pr/1", "base", "step-99999999999999999999"):
            refused(["RevisionNotFoundError"], self.fetch, revision=revision)
            refused(["RevisionNotFoundError"], self.api.model_info, "sst2", revision=revision)
            refused(["RevisionNotFoundError"], self.hub.snapshot_download, "sst2", revision=revision, cache_dir=tempfile.mkdtemp(dir=self.cache))
        refused(["RevisionNotFoundError"], self.fetch, repository="empty")
        for file in ("missing.bin", "onnx/model.onnx", ".gitattributes"):
            error = refused(["EntryNotFoundError", "RemoteEntryNotFoundError"], self.fetch, file)
            assert "The model has no such file" in str(error), error
            assert self.hub.try_to_load_from_cache("sst2", file, cache_dir=self.cache) is self.hub._CACHED_NO_EXIST, file

    def check_keeps_to_the_commit_that_it_asked_for(self):
        """A step is saved between a client's two requests."""
        cache, commit = tempfile.mkdtemp(dir=self.cache), self.api.model_info("sst2").sha

        def save(exchange):
            if exchange.method == "GET" and "/resolve/" in exchange.path:
                self.wire.before = lambda _: None
                self.store.save("sst2", 130, model(self.size, 130), digest=True)

        self.wire.before = save
        path = self.fetch(cache_dir=cache)
        assert sha256(path) == self.digests[120] and commit in path, path
        path = self.fetch(cache_dir=cache)
        assert sha256(path) == self.digests[130] and commit not in path, path

    def check_takes_no_other_content_for_a_commit(self):
        commit = self.api.model_info("sst2", revision="step-130").sha
        self.store.delete("sst2", 130)
        refused(["RevisionNotFoundError"], self.api.model_info, "sst2", revision=commit)
        self.store.save("sst2", 130, model(self.size, 100))
        refused(["RevisionNotFoundError"], self.fetch, revision=commit, cache_dir=tempfile.mkdtemp(dir=self.cache))
        assert self.api.model_info("sst2", revision="step-130").sha != commit
        self.store.delete("sst2", 130)
        self.store.save("sst2", 130, model(self.size, 130), digest=True)
        assert sha256(self.fetch(revision=commit, cache_dir=tempfile.mkdtemp(dir=self.cache))) == self.digests[130]


class Keyed(Scenario):
    """A server that asks for keys."""

    def __init__(self, url, size, hub, wire, key):
        import json
        super().__init__(url, size, hub, wire)
        self.store.key = key
        make = lambda **spec: json.loads(self.store.send("POST", "/v1/keys", json.dumps(spec).encode()))["token"]
        self.reader, self.limited = make(name="reader", scope="read"), make(name="limited", scope="read", tasks=["big"])

    def secrets(self):
        return [("READER", self.reader), ("LIMITED", self.limited)]

    def check_asks_for_a_key(self):
        for call in (lambda **token: self.fetch(**token), lambda **token: self.api.model_info("sst2", **token), lambda **token: self.hub.snapshot_download("sst2", cache_dir=self.cache, **token)):
            error = refused(["RepositoryNotFoundError"], call, token=False)
            assert "private" in str(error), error
        error = refused(["HfHubHTTPError"], self.api.model_info, "sst2", token="fish_unknown")
        assert "Invalid credentials in Authorization header" in str(error), error
        refused(["HfHubHTTPError"], self.fetch, token="fish_unknown")

    def check_serves_who_has_one(self):
        assert sha256(self.fetch(token=self.reader)) == self.digests[120]
        folder = self.hub.snapshot_download("sst2", cache_dir=self.cache, token=self.reader)
        assert sha256(os.path.join(folder, SINGLE)) == self.digests[120]
        assert self.api.model_info("sst2", token=self.reader).private
        whoami = self.api.whoami(self.reader)
        assert whoami["name"] == "reader" and whoami["type"] == "user" and whoami["auth"]["accessToken"]["role"] == "read" and whoami["orgs"] == [], whoami
        refused(["HTTPError", "HfHubHTTPError"], self.api.whoami, "fish_unknown")

    def check_keeps_a_key_to_its_tasks(self):
        assert [found.id for found in self.api.list_models(token=self.limited)] == ["fish/big", "fish/sharded"]
        assert self.api.model_info("fish/big", token=self.limited).id == "fish/big"
        for repository in ("sst2", "fish/sst2", "unknown"):
            refused(["GatedRepoError"], self.api.model_info, repository, token=self.limited)
            refused(["GatedRepoError"], self.fetch, repository=repository, token=self.limited, cache_dir=tempfile.mkdtemp(dir=self.cache))
        refused(["RepositoryNotFoundError"], self.api.model_info, "other/big", token=self.limited)


def record(scenario, folder, name, calls):
    """Writes down what goes over the wire for some calls."""
    scenario.wire.take()
    texts = []
    for call in calls:
        try:
            call()
        except scenario.hub.errors.HfHubHTTPError:
            pass
        # Files of a snapshot are fetched side by side.
        texts += [exchange.text(scenario.secrets() if isinstance(scenario, Keyed) else ()) for exchange in scenario.wire.take()]
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, f"{scenario.hub.__version__}-{name}.http"), "w", newline="\n") as file:
        file.write("\n\n###\n".join(texts) + "\n")


def calls_of(open_server):
    api, fetch, cache = open_server.api, open_server.fetch, tempfile.mkdtemp(dir=open_server.cache)
    return [
        lambda: api.model_info("sst2", files_metadata=True), lambda: list(api.list_models(search="sst")), lambda: list(api.list_repo_tree("fish/sst2", recursive=True, expand=True)),
        lambda: api.list_repo_refs("sst2"), lambda: api.get_paths_info("sst2", ["config.json", "missing.bin"]), lambda: api.model_info("empty"),
        *[lambda revision=revision: fetch(revision=revision, cache_dir=cache) for revision in (None, "released", "step-100", "best")],
        lambda: fetch("config.json", repository="fish/sst2", cache_dir=cache), lambda: fetch(cache_dir=cache),
        lambda: open_server.hub.snapshot_download("big", cache_dir=cache, max_workers=1), lambda: api.get_safetensors_metadata("sst2"),
        lambda: fetch(repository="unknown"), lambda: fetch(repository="other/sst2"), lambda: fetch(revision="step-7"), lambda: fetch(revision="0" * 40), lambda: fetch("missing.bin"),
        lambda: api.model_info("unknown"), lambda: api.model_info("sst2", revision="untagged"), lambda: fetch(repository="empty"),
        lambda: list(api.list_repo_tree("sst2", "additional_chat_templates")),
    ]


def calls_with_keys(keyed):
    api, fetch = keyed.api, keyed.fetch
    return [
        lambda: api.whoami(keyed.reader), lambda: api.model_info("sst2", token=keyed.reader), lambda: fetch(token=keyed.reader, cache_dir=tempfile.mkdtemp(dir=keyed.cache)),
        lambda: list(api.list_models(token=keyed.limited)), lambda: api.model_info("big", token=keyed.limited), lambda: api.model_info("sst2", token=False), lambda: fetch("config.json", token=False),
        lambda: api.model_info("sst2", token="fish_unknown"), lambda: fetch("config.json", token="fish_unknown"), lambda: api.model_info("sst2", token=keyed.limited),
        lambda: fetch("config.json", token=keyed.limited), lambda: list(api.list_models(token=False)),
    ]


def run(scenario, only):
    """Runs the checks that have a text in their names; how many failed."""
    failed = 0
    for name in [name for name in vars(type(scenario)) if name.startswith("check_") and only in name]:
        try:
            getattr(scenario, name)()
            print(f"ok   {name}", flush=True)
        except Exception:
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    shutil.rmtree(scenario.cache, ignore_errors=True)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--keyed")
    parser.add_argument("--key")
    parser.add_argument("--size", type=int, default=64 * KIB)
    parser.add_argument("--record")
    parser.add_argument("--only", default="check_")
    asked = parser.parse_args()

    # The client reads its environment when it is imported.
    home = tempfile.mkdtemp(prefix="fish-hub-home-")
    wire = Wire(asked.url)
    os.environ.update(HF_ENDPOINT=wire.url, HF_HOME=home, HF_HUB_DISABLE_PROGRESS_BARS="1", HF_HUB_DISABLE_TELEMETRY="1", NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    os.environ.pop("HF_TOKEN", None)
    import huggingface_hub as hub
    import huggingface_hub.utils
    print(f"huggingface_hub {hub.__version__}, {sys.executable} {sys.version.split()[0]}", flush=True)

    scenario = Scenario(asked.url, asked.size, hub, wire)
    scenario.store.fill(asked.size)
    if asked.record:
        record(scenario, asked.record, "open", calls_of(scenario))
    failed = run(scenario, asked.only)
    if asked.keyed:
        wire.target = asked.keyed.split("//")[1]
        keyed = Keyed(asked.keyed, asked.size, hub, wire, asked.key)
        keyed.store.fill(asked.size)
        if asked.record:
            record(keyed, asked.record, "keys", calls_with_keys(keyed))
        failed += run(keyed, asked.only)
    wire.close()
    shutil.rmtree(home, ignore_errors=True)
    print(f"{failed} failed" if failed else "all passed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()

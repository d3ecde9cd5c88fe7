"""The HTTP client, against a real server."""

import json
import os
import tempfile
import tracemalloc
import unittest
from unittest import mock

from proxy import Answers, Proxy
from support import needs_server, needs_torch, shared_server, torch, unique

if torch is not None:
    from fishcheckpoint import FishClient, FishError
    from fishcheckpoint.safetensors import load_file, save_file
    from fishcheckpoint.tensors.raw import bytes_of
    from fishcheckpoint.wire.bodies import FileBody, FolderBody
    from fishcheckpoint.wire.transport import backoff


def tensors_of(seed=0):
    torch.manual_seed(seed)
    return {"a.weight": torch.randn(3, 4), "a.bias": torch.randn(3).bfloat16(), "count": torch.tensor(seed)}


@needs_server
class ClientTests(unittest.TestCase):
    def setUp(self):
        self.client = FishClient(shared_server().url)
        self.folder = tempfile.TemporaryDirectory()
        self.base, self.task = unique("base"), unique("task")

    def tearDown(self):
        self.client.close()
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def make_task(self):
        self.client.add_base(self.base, tensors_of())
        self.client.put_task(self.task, self.base)

    def assert_same(self, one, other):
        self.assertEqual(set(one), set(other))
        for name, value in one.items():
            self.assertEqual(bytes_of(value), bytes_of(other[name]), name)

    def assert_refused(self, code, call, *arguments, **options):
        with self.assertRaises(FishError) as raised:
            call(*arguments, **options)
        self.assertEqual(raised.exception.code, code)
        return raised.exception

    def test_base_from_state_dict_file_and_module(self):
        added = self.client.add_base(self.base, tensors_of())
        save_file(tensors_of(), self.path("m.safetensors"))
        again = self.client.add_base(self.base, self.path("m.safetensors"))
        self.assertEqual((added["id"], added["tensors"]), (again["id"], 3))
        self.assert_same(dict(self.client.base_tensors(self.base)), tensors_of())
        self.assertIn(self.base, [found["name"] for found in self.client.list_bases()])
        self.assertEqual(self.client.get_base(added["id"])["id"], added["id"])
        self.assertEqual(self.client.base_layout(self.base)["a.weight"].shape, (3, 4))
        module = torch.nn.Linear(2, 2)
        self.client.add_base(unique("module"), module)
        self.assert_refused("BASE_TAKEN", self.client.add_base, self.base, module)

    def test_metrics_metadata_and_overwrite(self):
        self.make_task()
        metrics = {f"eval/class {index} é": index / 7 for index in range(2000)}
        metrics.update(nan=float("nan"), up=float("inf"), down=float("-inf"))
        metadata = {"run": "a1", "notes": "x" * 100_000}
        self.client.save(self.task, 1, tensors_of(1), metrics=metrics, metadata=metadata, state=b"state")
        info = self.client.get(self.task, 1)
        self.assertEqual((info["metadata"], info["metrics"]["up"], info["metrics"]["nan"]), (metadata, "Infinity", "NaN"))
        self.assertEqual(len(info["metrics"]), 2003)
        self.assert_refused("STEP_TAKEN", self.client.save, self.task, 1, tensors_of(2))
        self.client.save(self.task, 1, tensors_of(2), overwrite=True)
        self.assert_same(self.client.load(self.task, 1), tensors_of(2))
        self.client.save_patch(self.task, 1, {"a.bias": (torch.tensor([1]), torch.ones(1).bfloat16())}, overwrite=True, metadata={"run": "b"})
        self.assertEqual(self.client.get(self.task, 1)["metadata"], {"run": "b"})
        self.assert_refused("TOO_LARGE", self.client.save, self.task, 2, tensors_of(2), metadata={"notes": "x" * (1 << 20)})

    def test_base_from_a_folder_of_shards(self):
        one, two = {"a": torch.randn(5)}, {"b": torch.randn(6)}
        save_file(one, self.path("model-00001-of-00002.safetensors"))
        save_file(two, self.path("model-00002-of-00002.safetensors"))
        with open(self.path("model.safetensors.index.json"), "w") as file:
            json.dump({"metadata": {}, "weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}, file)
        with open(self.path("config.json"), "w") as file:
            file.write("{}")
        self.assertEqual(sum(len(chunk) for chunk in FolderBody(self.folder.name).chunks()), FolderBody(self.folder.name).length)
        self.client.add_base(self.base, self.folder.name)
        self.client.put_task(self.task, self.base)
        self.client.save_patch(self.task, 1, {"b": (torch.tensor([2]), torch.tensor([7.0]))})
        two["b"][2] = 7
        self.assert_same(self.client.load(self.task), {**one, **two})
        with tempfile.TemporaryDirectory() as target:
            self.client.load(self.task, into=target)
            self.assertEqual(sorted(name for name in os.listdir(target) if name[0] != "."), sorted(os.listdir(self.folder.name)))
            self.assert_same(load_file(os.path.join(target, "model-00002-of-00002.safetensors")), two)

    def write(self, **files):
        for name, text in files.items():
            path = self.path(name.replace("__", "/").replace("_dot_", "."))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w") as file:
                file.write(text)

    def test_folders_keep_sub_folders_and_say_what_is_left_out(self):
        save_file(tensors_of(), self.path("model.safetensors"))
        self.write(config_dot_json="base's", onePooling__config_dot_json="{}", optimizer_dot_pt="o", onnx__model_dot_onnx="x", _dot_hidden="h")
        with self.assertWarnsRegex(UserWarning, "left out: .hidden .*onnx/ .*optimizer.pt"):
            self.client.add_base(self.base, self.folder.name)
        self.client.put_task(self.task, self.base)
        self.client.save(self.task, 1, tensors_of(1), side_files={"config.json": b"own", "vocab/words.txt": self.path("config.json")})
        self.client.save(self.task, 2, tensors_of(2))
        with tempfile.TemporaryDirectory() as target:
            self.client.load(self.task, 1, into=target)
            for name, text in (("config.json", "own"), ("vocab/words.txt", "base's"), ("onePooling/config.json", "{}")):
                with open(os.path.join(target, name)) as file:
                    self.assertEqual(file.read(), text)
        self.assert_same(self.client.load(self.task, 1), tensors_of(1))
        self.assertIsNone(self.client.get(self.task, 2)["sideFiles"])
        self.assert_refused("STEP_TAKEN", self.client.save, self.task, 1, tensors_of(1), side_files={"config.json": b"other"})
        self.assert_refused("NAME_INVALID", self.client.save, self.task, 3, tensors_of(3), side_files={"../x": b"y"})

    def test_files_that_are_not_there_or_vanish_are_named_with_what_to_do(self):
        self.make_task()
        path = self.path("m.safetensors")
        for call in (lambda: self.client.add_base("b", path), lambda: self.client.save(self.task, 1, path), lambda: load_file(path)):
            error = self.assert_refused("FILE_NOT_FOUND", call)
            self.assertEqual((path, "The file does not exist."), (error.key, error.cause))
            self.assertIn("Check the path", error.hint)
        save_file(tensors_of(), path)
        body = FileBody(path, "application/vnd.safetensors")
        os.unlink(path)
        self.assert_refused("FILE_NOT_FOUND", self.client._transport.fetch, "PUT", f"/v1/tasks/{self.task}/checkpoints/1", body)
        os.mkdir(path)
        self.assert_refused("FILE_UNREADABLE", load_file, path)
        self.assertEqual([], self.client.list(self.task))

    def test_half_a_model_is_refused(self):
        save_file(tensors_of(), self.path("model-00001-of-00002.safetensors"))
        error = self.assert_refused("SHARD_INDEX_INVALID", self.client.add_base, self.base, self.folder.name)
        self.assertIn("model-00002-of-00002.safetensors", str(error))

    def test_tasks(self):
        self.client.add_base(self.base, tensors_of())
        own = {"head": {"dtype": "F32", "shape": [2]}, "count": None}
        made = self.client.put_task(self.task, self.base, description="d", metadata={"k": "v"}, retention={"keepLast": 2}, tensors=own)
        self.assertEqual((made["description"], made["metadata"], made["retention"]["keepLast"]), ("d", {"k": "v"}, 2))
        self.assertEqual(self.client.get_task(self.task)["tensors"]["head"]["shape"], [2])
        self.assertIn(self.task, [found["name"] for found in self.client.list_tasks()])
        self.client.delete_task(self.task)
        self.assertEqual(self.assert_refused("TASK_NOT_FOUND", self.client.get_task, self.task).status, 404)

    def test_save_full_and_load_everywhere(self):
        self.make_task()
        changed = tensors_of()
        changed["a.weight"][1, 2] = float("nan")
        saved = self.client.save(self.task, 5, changed, metrics={"loss": 0.5, "bad": float("inf")}, state=b"state", base=self.base)
        self.assertEqual((saved["changed"], saved["metrics"]), (1, {"loss": 0.5, "bad": "Infinity"}))
        self.assertEqual(self.client.save(self.task, 5, changed, metrics={"loss": 0.5, "bad": float("inf")}, state=b"state")["step"], 5)
        self.assert_same(self.client.load(self.task, 5), changed)
        target = tensors_of(9)
        addresses = [value.data_ptr() for value in target.values()]
        self.client.load(self.task, "latest", into=target)
        self.assert_same(target, changed)
        self.assertEqual(addresses, [value.data_ptr() for value in target.values()])
        self.client.load(self.task, 5, into=self.path("out.safetensors"))
        self.assert_same(load_file(self.path("out.safetensors")), changed)
        self.assertEqual(self.client.state(self.task), b"state")
        self.client.save(self.task, 6, self.path("out.safetensors"), parent=5)
        self.client.put_state(self.task, 6, b"later")
        self.assertEqual(self.client.state(self.task, 6), b"later")
        self.assert_refused("STEP_TAKEN", self.client.save, self.task, 5, tensors_of())
        self.assert_refused("STATE_TAKEN", self.client.put_state, self.task, 6, b"other")

    def test_save_patch_with_and_without_positions(self):
        self.make_task()
        positions, values = torch.tensor([0, 5, 11]), torch.tensor([1.0, 2.0, 3.0])
        first = self.client.save_patch(self.task, 1, {"a.weight": (positions, values), "count": (torch.tensor([0]), torch.tensor([4]))})
        second = self.client.save_patch(self.task, 2, {"a.weight": (None, values + 1), "count": (None, torch.tensor([5]))}, mask=first["mask"])
        self.assertEqual((first["mask"], second["changed"]), (second["mask"], 4))
        expected = tensors_of()
        expected["a.weight"].view(-1)[positions] = values + 1
        expected["count"].fill_(5)
        self.assert_same(self.client.load(self.task), expected)
        self.assert_refused("MASK_UNKNOWN", self.client.save_patch, self.task, 3, {"a.weight": (None, values)}, mask="0" * 64)
        self.assert_refused("INDEX_OUT_OF_RANGE", self.client.save_patch, self.task, 3, {"a.weight": (torch.tensor([12]), torch.tensor([1.0]))})
        self.assert_refused("BASE_NOT_FOUND", self.client.save_patch, self.task, 3, {}, base="none")

    def test_deleted_checkpoints_and_tasks_come_back(self):
        self.make_task()
        self.client.save(self.task, 1, tensors_of(1), metrics={"loss": 0.5}, state=b"moments")
        self.client.save(self.task, 2, tensors_of(2))
        self.client.tag(self.task, "good", 1)
        self.client.delete(self.task, 1)
        self.assertEqual([(found["step"], found["tags"]) for found in self.client.list_deleted(self.task)], [(1, ["good"])])
        self.client.save(self.task, 1, tensors_of(3))
        self.assert_refused("STEP_TAKEN", self.client.undelete, self.task, 1)
        back = self.client.undelete(self.task, 1, as_=5, pin=True)
        self.assertEqual((back["checkpoint"]["step"], back["takenTags"], back["goesAgain"]), (5, [], False))
        self.assert_same(self.client.load(self.task, "good"), tensors_of(1))
        self.assertEqual(self.client.state(self.task, 5), b"moments")
        self.assert_refused("CHECKPOINT_PINNED", self.client.delete_task, self.task)
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.client.undelete, self.task, 1, as_=7)

        other = unique("other")
        self.client.put_task(other, self.base)
        self.client.save(other, 3, tensors_of(4))
        self.client.delete_task(other)
        self.assertTrue([found for found in self.client.list_deleted_tasks() if found["name"] == other and found["whole"]])
        self.assertEqual(self.client.undelete_task(other, other + ".back")["checkpoints"], 1)
        self.assert_same(self.client.load(other + ".back"), tensors_of(4))
        self.assert_refused("TASK_NOT_FOUND", self.client.undelete_task, other)

    def test_set_task_changes_what_it_names(self):
        self.make_task()
        self.client.put_task(self.task, self.base, description="first", metadata={"seed": "1"}, retention={"monitor": "loss"})
        for step in (1, 2, 3):
            self.client.save(self.task, step, tensors_of(step), parent="base")
        planned = self.client.set_task(self.task, {"retention": {"keepLast": 1}}, dry_run=True)
        self.assertEqual(planned["removes"]["steps"], [1, 2])
        changed = self.client.set_task(self.task, {"retention": {"keepLast": 2}, "metadata": {"host": "a", "seed": None}})
        self.assertEqual((changed["description"], changed["metadata"]), ("first", {"host": "a"}))
        self.assertEqual((changed["retention"]["keepLast"], changed["retention"]["monitor"], changed["removes"]["checkpoints"]), (2, "loss", 1))
        self.assert_refused("REQUEST_INVALID", self.client.set_task, self.task, {"base": "other"})

    def test_base_goes_with_its_last_name(self):
        self.client.add_base(self.base, tensors_of(77))
        self.client.add_base(self.base + ".alias", tensors_of(77))
        self.assertEqual(self.client.delete_base(self.base)["names"], [self.base + ".alias"])
        self.client.put_task(self.task, self.base + ".alias")
        self.assertIn(self.task, self.assert_refused("BASE_IN_USE", self.client.delete_base, self.base + ".alias").cause)

    def test_list_tags_verify_report_delete(self):
        self.make_task()
        for step in (3, 1, 2):
            self.client.save_patch(self.task, step, {"a.weight": (torch.tensor([step]), torch.tensor([9.0]))})
        self.assertEqual([found["step"] for found in self.client.list(self.task)], [1, 2, 3])
        self.client.tag(self.task, "good", 2)
        self.assertEqual(self.client.get(self.task, "good")["step"], 2)
        self.client.untag(self.task, "good")
        self.assert_refused("TAG_NOT_FOUND", self.client.get, self.task, "good")
        self.assertTrue(self.client.verify(self.task, 2)["sound"])
        self.assertEqual(self.client.report(self.task)["checkpoints"], 3)
        self.assertGreaterEqual(self.client.report()["checkpoints"], 3)
        self.client.delete(self.task, 2)
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.client.load, self.task, 2)

    def test_pins_and_tags_of_words(self):
        self.make_task()
        for step in (1, 2):
            self.client.save_patch(self.task, step, {"a.weight": (torch.tensor([step]), torch.tensor([9.0]))})
        self.client.pin(self.task, "latest")
        self.assertTrue(self.client.get(self.task, 2)["pinned"])
        self.assert_refused("CHECKPOINT_PINNED", self.client.delete, self.task, 2)
        self.client.unpin(self.task, 2)
        self.client.unpin(self.task, 2)
        self.client.tag(self.task, "good", "latest")
        self.client.tag(self.task, "better", "good")
        self.assertEqual([self.client.get(self.task, tag)["step"] for tag in ("good", "better")], [2, 2])
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.client.pin, self.task, 7)
        self.assert_refused("TAG_NOT_FOUND", self.client.tag, self.task, "x", "none")

    def test_reports_and_differences(self):
        self.make_task()
        for step in (1, 2):
            self.client.save_patch(self.task, step, {"a.weight": (torch.tensor([step]), torch.tensor([9.0]))}, metrics={"loss": 1 / step})
        self.assertEqual(self.client.diff(self.task)["changed"], self.client.diff(self.task, 2, "base")["changed"])
        found = self.client.diff(self.task, 2, 1)
        self.assertEqual([(tensor["name"], tensor["changed"]) for tensor in found["tensors"] if tensor["changed"]], [("a.weight", 2)])
        self.assertEqual(self.client.diff(self.task, 2, f"{self.task}:2")["changed"], 0)
        self.assertEqual(self.client.growth(task=self.task)["points"][-1]["checkpoints"], 2)
        import datetime
        today = datetime.datetime.now(datetime.timezone.utc).date()
        self.assertEqual(len(self.client.growth(first=today, last=today.isoformat(), bucket="day")["points"]), 1)
        self.assertEqual(self.client.timeline(self.task, points=10)["checkpoints"], 2)
        self.assertIn("a.weight", [tensor["name"] for tensor in self.client.report_tensors(self.task)])
        self.assertGreaterEqual(self.client.report(base=self.base)["checkpoints"], 2)  # tests share a base
        self.assert_refused("TASK_NOT_FOUND", self.client.timeline, "none")
        self.assert_refused("CHECKPOINT_NOT_FOUND", self.client.diff, self.task, 9)

    def test_maintenance(self):
        self.make_task()
        self.client.save_patch(self.task, 1, {"a.weight": (torch.tensor([1]), torch.tensor([9.0]))})
        self.assertTrue(self.client.ready())
        self.client.wait_until_ready(1)
        self.assertEqual(self.client.verify_store(quick=True, task=self.task, max_time=90061.5)["affected"], 0)
        self.assertGreaterEqual(self.client.verify_store(subset=(1, 2))["items"], 0)
        self.assertEqual(self.client.damage(), [])
        self.assertIn("finished", self.client.recode(task=self.task, max_time=10))
        self.assertIn("finished", self.client.fold(task=self.task))
        self.client.put_task(self.task, self.base, retention={"keepLast": 1})
        self.client.save_patch(self.task, 2, {"a.weight": (torch.tensor([2]), torch.tensor([9.0]))})
        self.assertEqual(self.client.collect(task=self.task, dry_run=True)["dryRun"], True)
        with self.assertRaises(FishError):
            self.client.backup("nightly")  # this server's settings name no folder for backups
        self.assertFalse(FishClient("http://127.0.0.1:9", retries=0).ready())
        self.assert_refused("SERVER_UNAVAILABLE", FishClient("http://127.0.0.1:9", retries=0).wait_until_ready, 0.3)

    def test_metrics_that_are_no_numbers_are_refused_by_name(self):
        self.make_task()
        for value in (None, "much", [1.0], torch.zeros(2), object()):
            error = self.assert_refused("REQUEST_INVALID", self.client.save, self.task, 1, tensors_of(), metrics={"good": 1, "bad": value})
            self.assertEqual(error.key, "metrics/bad")
        self.client.save(self.task, 1, tensors_of(), metrics={"flag": True, "tensor": torch.tensor(2.0)})
        self.assertEqual(self.client.get(self.task)["metrics"], {"flag": 1, "tensor": 2})

    def test_as_a_context(self):
        with FishClient(shared_server().url) as client:
            client.list_tasks()
        self.assertIsNone(client._transport._local.connection)

    def test_events_come_as_they_happen_and_go_on_where_a_connection_broke(self):
        self.make_task()
        self.assert_refused("TASK_NOT_FOUND", self.client.events, "none")
        proxy = Proxy(shared_server().port, [700, 900, 900])  # connections that break in the middle of the stream
        client = FishClient(proxy.url)
        self.addCleanup(client.close)
        self.addCleanup(proxy.close)
        stream = client.events(self.task)
        found = []
        for step in range(1, 13):
            client.save_patch(self.task, step,
                              {"a.weight": (torch.tensor([step % 12]), torch.tensor([float(step)]))})  # while the stream is open
            found.append(next(stream))
        self.assertEqual([(event["kind"], event["step"]) for event in found], [("saved", step) for step in range(1, 13)])
        self.assertEqual(len({event["id"] for event in found}), 12)
        again = client.events(self.task, after=found[3]["id"])
        self.assertEqual([next(again)["step"] for _ in range(3)], [5, 6, 7])
        again.close()
        self.client.delete_task(self.task)
        self.assertEqual([event["kind"] for event in stream][-1], "deleted")

    def test_events_of_a_server_that_has_gone_end_after_the_time_that_was_said(self):
        from support import Server
        server = Server()
        self.addCleanup(server.remove)
        client = FishClient(server.url)
        client.add_base("b", tensors_of())
        client.put_task("t", "b")
        stream = client.events("t", retry_for=0.5)
        client.save_patch("t", 1, {"a.weight": (torch.tensor([1]), torch.tensor([9.0]))})
        self.assertEqual(next(stream)["step"], 1)
        server.stop()
        self.assert_refused("SERVER_UNAVAILABLE", next, stream)

    def test_load_into_another_model_is_refused(self):
        self.make_task()
        self.client.save(self.task, 1, tensors_of())
        self.assert_refused("SHAPE_MISMATCH", self.client.load, self.task, into={**tensors_of(), "a.weight": torch.zeros(4, 3)})
        self.assert_refused("DTYPE_MISMATCH", self.client.load, self.task, into={**tensors_of(), "a.bias": torch.zeros(3)})
        self.assert_refused("TENSOR_MISSING", self.client.load, self.task, into={**tensors_of(), "more": torch.zeros(3)})
        self.assert_refused("TENSOR_UNKNOWN", self.client.load, self.task, into={"a.weight": torch.zeros(3, 4)})

    def test_connections_are_kept(self):
        proxy = Proxy(shared_server().port)
        client = FishClient(proxy.url)
        self.addCleanup(client.close)
        self.addCleanup(proxy.close)
        for _ in range(5):
            client.list_tasks()
        client.add_base(self.base, tensors_of())
        with self.assertRaises(FishError):
            client.get_base("none")
        client.get_base(self.base)
        self.assertEqual(proxy.connections, 1)

    def test_broken_connections_are_taken_up_again(self):
        self.make_task()
        tensors = tensors_of()
        tensors["a.weight"] += 1
        self.client.save(self.task, 1, tensors)
        proxy = Proxy(shared_server().port, [0, 100, None])
        client = FishClient(proxy.url)
        self.addCleanup(client.close)
        self.addCleanup(proxy.close)
        client._transport._sleep = lambda seconds: None
        self.assertEqual(client.get(self.task)["step"], 1)  # no answer, half an answer, an answer

    def test_large_download_goes_on_where_it_broke_and_memory_is_bounded(self):
        big = {"big": torch.arange(4_000_000, dtype=torch.int32), "small": torch.zeros(3)}
        path = self.path("big.safetensors")
        save_file(big, path)
        # Each connection gives 7 MB and breaks; the last one gives what is left.
        self.client.add_base(self.base, path)
        self.client.put_task(self.task, self.base)
        self.client.save_patch(self.task, 1, {"big": (torch.tensor([3_999_999]), torch.tensor([5], dtype=torch.int32))})
        proxy = Proxy(shared_server().port, [7_000_000, 7_000_000])
        client = FishClient(proxy.url)
        self.addCleanup(client.close)
        self.addCleanup(proxy.close)
        tracemalloc.start()
        client.load(self.task, into=self.path("out.safetensors"))
        self.client.save(self.task, 2, self.path("out.safetensors"))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        big["big"][-1] = 5
        self.assert_same(load_file(self.path("out.safetensors")), big)
        self.assertGreaterEqual(proxy.connections, 3)
        self.assertLess(peak, 8_000_000)


@needs_torch
class RetryTests(unittest.TestCase):
    def client(self, answers, **options):
        client = FishClient(answers.url, **options)
        self.pauses = []
        client._transport._sleep = self.pauses.append
        self.addCleanup(answers.close)
        return client

    def test_busy_answers_are_tried_again(self):
        answers = Answers((503, b""), (429, b"", "Retry-After: 2"), (502, b"x"), (504, b"", "Retry-After: 3600"), (200, b'{"name":"t"}'))
        with mock.patch("random.random", return_value=0.5):
            self.assertEqual(self.client(answers, key="secret").get_task("t"), {"name": "t"})
        self.assertEqual([0.05, 2.1, 0.2, 10.4], [round(pause, 9) for pause in self.pauses])
        self.assertIn("Authorization: Bearer secret", answers.requests[0])

    def test_waits_are_drawn_from_all_that_they_may_take(self):
        for attempt, longest in enumerate((0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10), 1):
            waits = [backoff(attempt) / longest for _ in range(200)]
            self.assertTrue(0 <= min(waits) < 0.1 and 0.9 < max(waits) <= 1, (min(waits), max(waits)))

    def test_work_of_the_server_is_waited_for_beyond_the_timeout(self):
        server = Answers(*[(200, b"{}")] * 8, delay=1.5)
        self.addCleanup(server.close)
        client = FishClient(server.url, timeout=1, retries=0)
        for work in (client.collect, client.fold, client.recode, client.verify_store, lambda: client.backup("b")):
            self.assertEqual({}, work())
        self.assertEqual([{}, {}], [client.verify("t", 1), client.diff("t", 1)])
        with self.assertRaises(FishError) as raised:
            client.get("t", 1)
        self.assertEqual("SERVER_UNAVAILABLE", raised.exception.code)

    def test_other_refusals_are_not(self):
        problem = {"code": "TASK_TAKEN", "key": "t", "cause": "Cause.", "hint": "Hint.", "status": 409}
        answers = Answers((409, json.dumps(problem).encode()), (200, b"{}"))
        with self.assertRaises(FishError) as raised:
            self.client(answers).get_task("t")
        error = raised.exception
        self.assertEqual((error.code, error.key, error.cause, error.hint, error.status), ("TASK_TAKEN", "t", "Cause.", "Hint.", 409))
        self.assertEqual((str(error), self.pauses), ("TASK_TAKEN (t): Cause. Hint.", []))

    def test_older_server_is_named_at_its_first_answer(self):
        with self.assertRaises(FishError) as raised:
            self.client(Answers((200, b'{"name":"t"}'), version="0.0.9")).get_task("t")
        self.assertEqual((raised.exception.code, raised.exception.permanent, self.pauses), ("SERVER_UNAVAILABLE", True, []))
        self.assertIn("version 0.0.9", raised.exception.cause)
        self.assertIn("Upgrade the server", raised.exception.hint)
        for version in ("0.1.0", "0.1.0-preview", "12.0.3", "unknown", None):
            self.assertEqual(self.client(Answers((200, b'{"name":"t"}'), version=version)).get_task("t"), {"name": "t"})

    def test_refusal_of_a_server_without_a_version_says_that_it_may_be_older(self):
        problem = json.dumps({"code": "REQUEST_INVALID", "key": "multipart/form-data", "cause": "One part 'state' may come.", "hint": "Hint."}).encode()
        for version, says_older in ((None, True), ("0.1.0", False)):
            with self.assertRaises(FishError) as raised:
                self.client(Answers((400, problem), version=version)).get_task("t")
            self.assertEqual("older than this client" in raised.exception.hint, says_older)

    def test_unreachable_and_foreign_servers(self):
        answers = Answers((500, b"<html>"))
        with self.assertRaises(FishError) as raised:
            self.client(answers).get_task("t")
        self.assertEqual((raised.exception.code, raised.exception.transient), ("SERVER_UNAVAILABLE", False))
        with self.assertRaises(FishError) as raised:
            FishClient("http://127.0.0.1:9", retries=1).get_task("t")
        self.assertEqual((raised.exception.code, raised.exception.transient), ("SERVER_UNAVAILABLE", True))
        with self.assertRaises(FishError):
            FishClient("ftp://nonsense")


@needs_torch
class LayoutTests(unittest.TestCase):
    """Headers that a server sends: where tensors lie is checked before anything is made of it."""

    def refuse(self, code, *files, bytes_of_file=None):
        """Asks for the layout of a base with these headers (text, or bytes that are sent as they are)."""
        sent = [file if isinstance(file, bytes) else len(file).to_bytes(8, "little") + file.encode() for file in files]
        listed = [{"name": f"model-{index}.safetensors", "tag": f"t{index}",
                   "bytes": len(file) + 8 if bytes_of_file is None else bytes_of_file}
                  for index, file in enumerate(sent)]
        answers = Answers((200, json.dumps(listed).encode()), *((200, file) for file in sent))
        self.addCleanup(answers.close)
        with self.assertRaises(FishError) as raised:
            FishClient(answers.url, retries=0).base_layout("b")
        self.assertEqual(code, raised.exception.code, raised.exception)
        self.assertIn('If-Match: "t0"', answers.requests[1])
        return raised.exception

    def test_tensors_that_overlap_lie_outside_or_have_another_size_are_refused(self):
        def tensor(begin, end, dtype="F32", shape="[1]", name="b"):
            return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{begin},{end}]}}'
        a = tensor(0, 4, name="a")
        for code, header in {
            "overlap": ("HEADER_INVALID_OFFSETS", f"{{{a},{tensor(2, 6)}}}"), "hole": ("HEADER_INVALID_OFFSETS", f"{{{tensor(4, 8)}}}"),
            "negative": ("HEADER_INVALID_OFFSETS", f"{{{tensor(-4, 0)}}}"), "backwards": ("HEADER_INVALID_OFFSETS", f"{{{tensor(4, 0)}}}"),
            "size": ("HEADER_INVALID_OFFSETS", f"{{{a},{tensor(4, 8, 'F64')}}}"),
            "shape": ("HEADER_INVALID_OFFSETS", f"{{{a},{tensor(4, 8, shape='[2]')}}}"),
            "dimension": ("HEADER_INVALID_SHAPE", f"{{{tensor(0, 0, shape='[-1]')}}}"),
            "dtype": ("HEADER_UNKNOWN_DTYPE", f"{{{tensor(0, 4, 'X')}}}"),
            "beyond": ("HEADER_DATA_MISMATCH", f"{{{a},{tensor(4, 8)},{tensor(8, 12, name='c')}}}"),
            "short": ("HEADER_DATA_MISMATCH", f"{{{a}}}"),
            "huge": ("HEADER_INVALID_SHAPE", f"{{{tensor(0, 4, shape='[4611686018427387904, 8]')}}}"),
        }.values():
            with self.subTest(header):
                self.refuse(code, header)

    def test_header_beyond_the_file_and_a_tensor_in_two_files_are_refused(self):
        header = '{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
        self.refuse("HEADER_TOO_LARGE", (1 << 20).to_bytes(8, "little") + b"{}", bytes_of_file=100)
        error = self.refuse("SHARD_INDEX_INVALID", header, header)
        self.assertEqual("a", error.key)

    def test_version_that_was_saved_meanwhile_is_reported(self):
        listed = [{"name": "model.safetensors", "tag": "t", "bytes": 100}]
        answers = Answers((200, json.dumps(listed).encode()), (412, b'{"code":"PRECONDITION_FAILED","key":"k","cause":"C.","hint":"H."}'))
        self.addCleanup(answers.close)
        with self.assertRaises(FishError) as raised:
            FishClient(answers.url, retries=0).checkpoint_layout("t", 1)
        self.assertEqual("CHECKPOINT_CHANGED", raised.exception.code)


if __name__ == "__main__":
    unittest.main()

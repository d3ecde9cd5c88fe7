"""Keys and certificates: what the client sends, whom it trusts, and what it does not say."""

import os
import shutil
import subprocess
import tempfile
import unittest
from unittest import mock

from support import Server, needs_server, needs_torch, server_dll, torch

if torch is not None:
    from fishcheckpoint import FishClient, FishError
    from fishcheckpoint.wire.transport import Transport


@needs_torch
class Keys(unittest.TestCase):
    def test_key_comes_from_the_environment_where_none_is_given(self):
        with mock.patch.dict(os.environ, {"FISH_KEY": "from-environment"}):
            self.assertEqual(FishClient("http://127.0.0.1:9")._transport.key, "from-environment")
            self.assertEqual(FishClient("http://127.0.0.1:9", "given")._transport.key, "given")
            self.assertEqual(FishClient("http://127.0.0.1:9").with_retries(1)._transport.key, "from-environment")
        with mock.patch.dict(os.environ, {"FISH_KEY": ""}):
            self.assertIsNone(FishClient("http://127.0.0.1:9")._transport.key)

    def test_key_with_a_line_break_is_refused_without_being_said(self):
        with self.assertRaises(FishError) as refused:
            Transport("http://127.0.0.1:9", "sec\r\nret", 1, 0)
        self.assertEqual(refused.exception.code, "KEY_INVALID")
        self.assertNotIn("sec", str(refused.exception))

    def test_certificates_that_cannot_be_read_are_refused(self):
        with self.assertRaises(FishError) as missing:
            FishClient("https://127.0.0.1:9", ca="/nonexistent.pem")
        self.assertEqual(missing.exception.code, "FILE_NOT_FOUND")
        with self.assertRaises(FishError) as wrong:
            FishClient("https://127.0.0.1:9", ca=__file__)
        self.assertEqual(wrong.exception.code, "REQUEST_INVALID")


@needs_server
class KeyedServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        made = subprocess.run(
            ["dotnet", server_dll(), "key", "add", "root", "--scope", "admin", "--data", os.path.join(cls.server.folder, "data")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True)
        cls.token = made.stdout.strip()

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()

    def test_requests_without_a_usable_key_are_refused_at_once(self):
        with self.assertRaises(FishError) as missing:
            self.client().report()
        self.assertEqual((missing.exception.code, missing.exception.status), ("KEY_REQUIRED", 401))
        with self.assertRaises(FishError) as unknown:
            self.client("nonsense").report()
        self.assertEqual((unknown.exception.code, unknown.exception.transient), ("KEY_INVALID", False))

    def test_requests_with_the_key_are_answered(self):
        self.assertIn("checkpoints", self.client(self.token).report())
        with mock.patch.dict(os.environ, {"FISH_KEY": self.token}):
            self.assertIn("checkpoints", self.client().report())

    def test_keys_quotas_and_the_audit_log(self):
        import datetime
        admin = self.client(self.token)
        admin.add_base("b", {"a": torch.zeros(4)})
        admin.put_task("mine", "b")
        admin.put_task("yours", "b")
        expires = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        made = admin.add_key("trainer", "write", tasks=["mine"], expires=expires, quota_bytes=1 << 20)
        self.assertEqual((made["key"]["name"], made["key"]["scope"], made["key"]["tasks"], made["key"]["quotaBytes"]),
                         ("trainer", "write", ["mine"], 1 << 20))
        trainer = self.client(made["token"])
        trainer.save_patch("mine", 1, {"a": (torch.tensor([1]), torch.ones(1))})
        with self.assertRaises(FishError) as refused:
            trainer.save_patch("yours", 1, {"a": (torch.tensor([1]), torch.ones(1))})
        self.assertIn(refused.exception.status, (403, 404))
        self.assertIn("trainer", [key["name"] for key in admin.list_keys()])
        self.assertEqual(admin.set_quota("mine", 1 << 30)["quotaBytes"], 1 << 30)
        self.assertIsNone(admin.set_quota("mine", None)["quotaBytes"])
        entries = admin.audit(task="mine")
        self.assertTrue(entries and all(entry["task"] == "mine" for entry in entries))
        self.assertEqual((len(admin.audit(limit=1)), admin.audit(since=expires)), (1, []))
        self.assertEqual(admin.audit(since=datetime.datetime(2020, 1, 1), limit=None)[0], admin.audit()[0])
        self.assertIsNotNone(admin.revoke_key("trainer")["revoked"])
        with self.assertRaises(FishError) as refused:
            trainer.get_task("mine")
        self.assertEqual(refused.exception.status, 401)
        with self.assertRaises(FishError) as refused:
            admin.add_key("x", "all")
        self.assertEqual(refused.exception.status, 400)

    def client(self, key=None):
        client = FishClient(self.server.url, key)
        self.addCleanup(client.close)
        return client


@needs_server
@unittest.skipIf(shutil.which("openssl") is None, "openssl is not installed")
class TlsServer(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fish-tls-")
        cls.certificate, key = os.path.join(cls.folder, "server.pem"), os.path.join(cls.folder, "server.key")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=fish test", "-addext", "subjectAltName=IP:127.0.0.1",
             "-keyout", key, "-out", cls.certificate], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        endpoint = "Kestrel__Endpoints__Https__"
        with mock.patch.dict(os.environ, {
                f"{endpoint}Url": "https://127.0.0.1:0", f"{endpoint}Certificate__Path": cls.certificate, f"{endpoint}Certificate__KeyPath": key}):
            cls.server = Server()
        cls.url = f"https://127.0.0.1:{cls.server.port}"

    @classmethod
    def tearDownClass(cls):
        cls.server.remove()
        shutil.rmtree(cls.folder, ignore_errors=True)

    def test_server_with_the_certificate_is_trusted(self):
        client = FishClient(self.url, ca=self.certificate)
        self.addCleanup(client.close)
        self.assertEqual(client.report()["checkpoints"], 0)
        with mock.patch.dict(os.environ, {"FISH_CA": self.certificate}):
            again = FishClient(self.url)
        self.addCleanup(again.close)
        self.assertEqual(again.report()["checkpoints"], 0)

    def test_server_whose_certificate_nobody_vouches_for_is_not(self):
        with self.assertRaises(FishError) as refused:
            FishClient(self.url, retries=0).report()
        self.assertEqual(refused.exception.code, "CERTIFICATE_UNTRUSTED")
        self.assertIn("FISH_CA", str(refused.exception))
        self.assertIn("certificate", str(refused.exception).lower())


if __name__ == "__main__":
    unittest.main()

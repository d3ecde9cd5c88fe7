"""Which names that a server sends become files."""

import unittest

from support import needs_torch, torch

if torch is not None:
    from fishcheckpoint import FishError
    from fishcheckpoint.client.names import check_file_names


@needs_torch
class FileNameTests(unittest.TestCase):
    def test_a_name_that_leads_elsewhere_is_refused_everywhere(self):
        for name in ("", ".", "..", ".hidden", "../x", "..\\x", "a//b", "a/", "a/../b", "a/.b", "/".join("123456789"), "a\\b", "/etc/x", "C:x", "a:b", "a b", "a\n", "com\u00b9", None, 1):
            for system in ("linux", "darwin", "win32"):
                with self.subTest(name=name, system=system), self.assertRaises(FishError) as refused:
                    check_file_names(["config.json", name], system)
                self.assertEqual("NAME_INVALID", refused.exception.code)

    def test_a_device_or_a_last_dot_is_refused_on_windows(self):
        for name in ("con", "Con.json", "nul.safetensors", "aux.tar.gz", "COM9", "lpt1.txt", "config."):
            with self.subTest(name=name), self.assertRaises(FishError):
                check_file_names([name], "win32")
            check_file_names([name], "linux")

    def test_names_that_are_one_are_refused(self):
        twice, folded = ["a", "a"], ["Config.json", "config.json"]
        for names, system in ((twice, "linux"), (twice, "win32"), (folded, "win32"), (folded, "darwin")):
            with self.subTest(names=names, system=system), self.assertRaises(FishError):
                check_file_names(names, system)
        check_file_names(["1_Pooling/config.json", "__init__.py", "1_Pooling/x/y.txt"], "win32")
        with self.assertRaises(FishError):
            check_file_names(["a/con.txt"], "win32")
        check_file_names(["Config.json", "config.json", "console.txt", "com10", "model-00001-of-00002.safetensors"], "linux")
        check_file_names(["console.txt", "com10", "com", "a.con", "model-00001-of-00002.safetensors"], "win32")


if __name__ == "__main__":
    unittest.main()

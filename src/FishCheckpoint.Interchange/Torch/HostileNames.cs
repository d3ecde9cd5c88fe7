using System.Collections.Frozen;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// Names in pickles that do harm when they run. Nothing runs here, so skipping them would be safe; but a file with them should be
/// inspected, not used.
/// </summary>
internal static class HostileNames
{
    private static readonly FrozenSet<string> Modules = FrozenSet.ToFrozenSet(
        [
            "os", "posix", "nt", "subprocess", "sys", "runpy", "importlib", "socket", "shutil", "ctypes", "pty", "webbrowser", "commands",
            "popen2", "asyncio",
            "code", "codeop", "pdb", "bdb", "timeit", "trace", "cProfile", "profile", "pickle", "_pickle", "dill", "cloudpickle", "marshal",
            "requests", "urllib",
            "http", "ftplib", "smtplib", "telnetlib", "pip", "setuptools", "site",
        ],
        StringComparer.Ordinal);

    private static readonly FrozenSet<string> Builtins = FrozenSet.ToFrozenSet(
        ["eval", "exec", "execfile", "compile", "__import__", "open", "file", "input", "raw_input", "breakpoint", "globals", "locals",
            "vars", "setattr", "delattr", "apply"],
        StringComparer.Ordinal);

    // A function that creates other kinds of tensors is not an unrelated object: skipping it would lose a tensor.
    private static readonly string[] Prefixes =
    [
        "torch._utils.", "torch._tensor.", "torch.storage.", "torch.serialization.", "torch.package.", "torch.jit.", "torch.hub.",
        "torch.multiprocessing.", "torch._C.",
        "torch.load", "numpy.load", "numpy.testing.", "types.FunctionType", "types.CodeType", "types.LambdaType",
    ];

    public static bool Has(string module, string name)
    {
        // A dotted name may include a part of the module's name.
        var whole = $"{module}.{name}";
        var at = whole.IndexOf('.', StringComparison.Ordinal);
        return Modules.Contains(whole[..at])
            || (whole[..at] is "builtins" or "__builtin__" && Builtins.Contains(whole[(at + 1)..].Split('.')[0]))
            || Array.Exists(Prefixes, prefix => whole.StartsWith(prefix, StringComparison.Ordinal));
    }
}

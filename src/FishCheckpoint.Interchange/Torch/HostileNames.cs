using System.Collections.Frozen;

namespace FishCheckpoint.Interchange.Torch;

/// <summary>
/// Names that a pickle asks for to do harm where it is run. Nothing is run here, so that skipping them would be safe; but a file that holds
/// them is to be looked at, not used.
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

    // What makes tensors of other kinds is no object beside them: leaving it unread would leave a tensor out.
    private static readonly string[] Prefixes =
    [
        "torch._utils.", "torch._tensor.", "torch.storage.", "torch.serialization.", "torch.package.", "torch.jit.", "torch.hub.",
        "torch.multiprocessing.", "torch._C.",
        "torch.load", "numpy.load", "numpy.testing.", "types.FunctionType", "types.CodeType", "types.LambdaType",
    ];

    public static bool Has(string module, string name)
    {
        // A dotted name may hide a part of the module's.
        var whole = $"{module}.{name}";
        var at = whole.IndexOf('.', StringComparison.Ordinal);
        return Modules.Contains(whole[..at])
            || (whole[..at] is "builtins" or "__builtin__" && Builtins.Contains(whole[(at + 1)..].Split('.')[0]))
            || Array.Exists(Prefixes, prefix => whole.StartsWith(prefix, StringComparison.Ordinal));
    }
}

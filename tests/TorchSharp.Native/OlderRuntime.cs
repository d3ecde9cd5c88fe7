using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FishCheckpoint.TorchSharp.Native;

/// <summary>
/// Lets TorchSharp run where the C++ runtime is older than that of GCC 13. Its native library asks for one symbol of that version alone: a
/// call that has the runtime initialize its streams, which an older one does by itself.
/// </summary>
/// <remarks>
/// Works on the outputs of builds, which hold a link to the package's library: a copy that asks for another symbol takes the link's
/// place. A published output holds the library itself and is left alone, as the package is.
/// </remarks>
internal static class OlderRuntime
{
    /// <summary>The version that only newer runtimes have, and its symbol that is needed.</summary>
    public const string Version = "GLIBCXX_3.4.32", Symbol = "_ZSt21ios_base_library_initv";

    /// <summary>A version that older runtimes have too, and a symbol of it that takes no argument and changes nothing.</summary>
    public const string OlderVersion = "GLIBCXX_3.4.20", OlderSymbol = "_ZSt13get_terminatev";

    private const string Library = "libLibTorchSharp.so";

    // Before anything of the program can load the library.
    [ModuleInitializer]
    internal static void AdaptOutput()
    {
        var path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", Library);
        if (OperatingSystem.IsLinux() && File.Exists(path) && File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo original
            && NativeLibrary.TryLoad("libstdc++.so.6", out var runtime) && !NativeLibrary.TryGetExport(runtime, Symbol, out _)
            && Adapt(File.ReadAllBytes(original.FullName)) is { } adapted)
        {
            Console.Error.WriteLine($"The C++ runtime lacks {Version}: this output gets a copy of {Library} that does without.");
            Replace(path, adapted, original.LastWriteTimeUtc);
        }
    }

    /// <summary>A copy of a library that does without the newer version.</summary>
    /// <returns><see langword="null"/> when it does already, or needs more of it than the one symbol.</returns>
    /// <exception cref="InvalidDataException">It is no library for 64-bit Linux.</exception>
    internal static byte[]? Adapt(byte[] library)
    {
        var elf = new ElfLibrary(library);
        var newer = elf.Versions.FirstOrDefault(version => version.Name == Version);
        var older = elf.Versions.FirstOrDefault(version => version.Name == OlderVersion);
        if (newer is null || older is null
            || elf.Imports.Where(import => import.Version == newer.Index).ToArray() is not [{ Name: Symbol } import])
        {
            return null;
        }

        // The version's hash and name become the older one's; the symbol's name is shorter, and ends in zeros.
        var adapted = library.ToArray();
        library.AsSpan(older.Entry, 4).CopyTo(adapted.AsSpan(newer.Entry));
        library.AsSpan(older.Entry + 8, 4).CopyTo(adapted.AsSpan(newer.Entry + 8));
        adapted.AsSpan(import.NameAt, Symbol.Length).Clear();
        Encoding.ASCII.GetBytes(OlderSymbol, adapted.AsSpan(import.NameAt));
        return adapted;
    }

    // Other processes of the same output may do so too, or have the file open. A build takes a copy of the original's time for up to date.
    private static void Replace(string path, byte[] content, DateTime time)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}";
        File.WriteAllBytes(unfinished, content);
        File.SetLastWriteTimeUtc(unfinished, time);
        File.Move(unfinished, path, overwrite: true);
    }
}

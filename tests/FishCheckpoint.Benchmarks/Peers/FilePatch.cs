using System.ComponentModel;
using System.Diagnostics;

namespace FishCheckpoint.Benchmarks.Peers;

/// <summary>
/// A program that makes a patch of two files. Its start, and writing and reading the files (in memory where there is <c>/dev/shm</c>),
/// count.
/// </summary>
/// <param name="name">What it is called.</param>
/// <param name="program">The program.</param>
/// <param name="encode">Its arguments, with <c>BEFORE</c>, <c>AFTER</c> and <c>PATCH</c> in the places of paths.</param>
/// <param name="decode">The same, to make AFTER of BEFORE and PATCH.</param>
internal sealed class FilePatch(string name, string program, string encode, string decode) : IPeer
{
    private static readonly string Root = Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath();

    public string Name => name;

    /// <summary>Whether the program is installed.</summary>
    public bool IsAvailable
    {
        get
        {
            try
            {
                using var process = Process.Start(
                    new ProcessStartInfo(program, "-V")
                    {
                        UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true,
                    })!;
                process.WaitForExit();
                return true;
            }
            catch (Win32Exception)
            {
                return false;
            }
        }
    }

    /// <summary>zstd's own way to make patches.</summary>
    public static FilePatch Zstd(int level) => new(
        $"zstd -{level} --patch-from", "zstd", $"-{level} --single-thread -q -f --patch-from=BEFORE AFTER -o PATCH",
        "-d -q -f --patch-from=BEFORE PATCH -o AFTER");

    /// <summary>xdelta3 at its default level.</summary>
    public static FilePatch Xdelta() => new("xdelta3", "xdelta3", "-e -q -f -s BEFORE AFTER PATCH", "-d -q -f -s BEFORE PATCH AFTER");

    public byte[] Encode(Checkpoint before, Checkpoint after) => In(folder =>
    {
        File.WriteAllBytes(Path.Combine(folder, "before"), before.ToFileBytes());
        File.WriteAllBytes(Path.Combine(folder, "after"), after.ToFileBytes());
        Run(encode, folder);
        return File.ReadAllBytes(Path.Combine(folder, "patch"));
    });

    public void Decode(Checkpoint before, byte[] encoded, Checkpoint target) => DenseFile.Place(
        In(folder =>
        {
            File.WriteAllBytes(Path.Combine(folder, "before"), before.ToFileBytes());
            File.WriteAllBytes(Path.Combine(folder, "patch"), encoded);
            Run(decode, folder);
            return File.ReadAllBytes(Path.Combine(folder, "after"));
        }), target);

    private static byte[] In(Func<string, byte[]> work)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, $"fish-patch-{Guid.NewGuid():N}")).FullName;
        try
        {
            return work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private void Run(string arguments, string folder)
    {
        var filled = arguments.Replace("BEFORE", Path.Combine(folder, "before")).Replace("AFTER", Path.Combine(folder, "after"))
            .Replace("PATCH", Path.Combine(folder, "patch"));
        using var process = Process.Start(new ProcessStartInfo(program, filled) { UseShellExecute = false, RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {filled} ended with {process.ExitCode}: {said}");
        }
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FishCheckpoint.Durability.Faults;

/// <summary>Commands and queries for the preloaded library (failio.c).</summary>
internal static unsafe class FaultShim
{
    /// <summary>Counts from 1 again, and makes a call fail.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="call">The number of the call; 0 for none.</param>
    /// <param name="mode">How it fails.</param>
    /// <param name="kind">The kind of calls that are numbered; empty for all that fail in this way.</param>
    public static void Arm(string folder, int call, FaultMode mode, string kind)
    {
        fixed (byte* text = Bytes(folder), only = Bytes(kind.Length == 0 ? mode.Kinds : kind))
        {
            ((delegate* unmanaged<byte*, nint, int, int, byte*, void>)Of("failio_arm"))(text, call, mode.Error, mode.Onward ? 1 : 0, only);
        }
    }

    /// <summary>Lets nothing fail any more, and counts nothing.</summary>
    public static void Pause() => ((delegate* unmanaged<void>)Of("failio_pause"))();

    /// <summary>Begins to record the calls that change a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="path">The file of the record, which is not in the folder.</param>
    public static void Record(string folder, string path)
    {
        fixed (byte* beneath = Bytes(folder), file = Bytes(path))
        {
            if (((delegate* unmanaged<byte*, byte*, int>)Of("failio_record"))(beneath, file) is not 0 and var error)
            {
                throw new IOException($"The record '{path}' cannot be made (errno {error}).");
            }
        }
    }

    /// <summary>Puts a line into the record.</summary>
    public static void Mark(string line)
    {
        fixed (byte* text = Bytes(line))
        {
            ((delegate* unmanaged<byte*, void>)Of("failio_mark"))(text);
        }
    }

    /// <summary>Which call has failed, as a line of a transcript; empty for none yet.</summary>
    public static string Failed => Text(((delegate* unmanaged<byte*>)Of("failio_failed"))())!;

    /// <summary>How many calls there were of each kind.</summary>
    public static IReadOnlyList<(string Kind, long OfDatabase, long OfOthers)> Counts()
    {
        var counts = new List<(string, long, long)>();
        var kindOf = (delegate* unmanaged<int, byte*>)Of("failio_kind");
        var count = (delegate* unmanaged<int, int, nint>)Of("failio_count");
        for (var kind = 0; Text(kindOf(kind)) is { } name; kind++)
        {
            counts.Add((name, count(kind, 1), count(kind, 0)));
        }

        return counts;
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text + '\0');

    private static string? Text(byte* bytes) => Marshal.PtrToStringUTF8((nint)bytes);

    private static nint Of(string name) => NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}

/// <summary>How a call fails.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Error">The errno; 0: it writes half of what it should; below 0: the process is killed in its place.</param>
/// <param name="Onward">Whether all calls after it fail too.</param>
/// <param name="Kinds">The kinds of calls that fail in this way, as failio.c names them.</param>
public sealed record FaultMode(string Name, int Error, bool Onward, string Kinds = FaultMode.Changes)
{
    private const string Changes = "write sync truncate rename unlink create map";
    private const string Openings = "create open";
    private const string Memory = "memory map";

    private const int IoError = 5;
    private const int NoMemory = 12;
    private const int FullSystemTable = 23;
    private const int FullProcessTable = 24;
    private const int NoSpace = 28;

    /// <summary>SIGKILL, in the place of the call.</summary>
    public static FaultMode Killed { get; } = new("killed", -1, false);

    /// <summary>From one call to the next that is tried: SQLite asks for memory a hundred times as often as it writes.</summary>
    public int Spacing => Kinds == Memory ? 101 : 1;

    /// <summary>Whether a call of a kind fails in this way.</summary>
    public bool Has(string kind) => Kinds.Split(' ').Contains(kind);

    public static IReadOnlyList<FaultMode> All { get; } =
    [
        new("ENOSPC once", NoSpace, false), new("EIO once", IoError, false), new("ENOSPC from then on", NoSpace, true),
        new("EIO from then on", IoError, true),
        new("half written", 0, false),
        new("EMFILE once", FullProcessTable, false, Openings), new("EMFILE from then on", FullProcessTable, true, Openings),
        new("ENFILE once", FullSystemTable, false, Openings), new("ENOMEM once", NoMemory, false, Memory),
        new("ENOMEM from then on", NoMemory, true, Memory),
    ];
}

/// <summary>Compiles the library that makes calls fail and records them (Faults/failio.c, Faults/record.c).</summary>
public static class FaultLibrary
{
    /// <summary>Compiles it into a folder.</summary>
    /// <returns>Its path; <see langword="null"/> where the system has no compiler for it.</returns>
    public static async Task<string?> CompileAsync(string folder)
    {
        if (!OperatingSystem.IsLinux() || !File.Exists("/usr/bin/cc"))
        {
            return null;
        }

        var (source, library) = (Path.Combine(folder, "failio.c"), Path.Combine(folder, "failio.so"));
        foreach (var name in (string[])["failio.c", "record.c"])
        {
            await using var embedded = typeof(FaultLibrary).Assembly.GetManifestResourceStream(name)!;
            await using var file = File.Create(Path.Combine(folder, name));
            await embedded.CopyToAsync(file);
        }

        using var compiler = Process.Start("/usr/bin/cc", ["-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]);
        await compiler.WaitForExitAsync();
        return compiler.ExitCode == 0 ? library : null;
    }
}

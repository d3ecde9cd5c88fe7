using System.Runtime.InteropServices;

namespace FishCheckpoint.Durability.Faults;

/// <summary>What the preloaded library (failio.c) is told and asked.</summary>
internal static unsafe class FaultShim
{
    /// <summary>Counts anew, and lets a call fail.</summary>
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

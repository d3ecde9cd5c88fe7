using System.Runtime.InteropServices;

namespace FishCheckpoint.Durability.Faults;

/// <summary>What the preloaded library (failio.c) is told and asked.</summary>
internal static unsafe class FaultShim
{
    /// <summary>Counts anew, and lets a call fail.</summary>
    public static void Arm(string folder, int call, FaultMode mode)
    {
        fixed (byte* text = System.Text.Encoding.UTF8.GetBytes(folder + '\0'))
        {
            ((delegate* unmanaged<byte*, nint, int, int, void>)Of("failio_arm"))(text, call, mode.Error, mode.Onward ? 1 : 0);
        }
    }

    /// <summary>Lets nothing fail any more, and counts nothing.</summary>
    public static void Pause() => ((delegate* unmanaged<void>)Of("failio_pause"))();

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

    private static string? Text(byte* bytes) => Marshal.PtrToStringUTF8((nint)bytes);

    private static nint Of(string name) => NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}

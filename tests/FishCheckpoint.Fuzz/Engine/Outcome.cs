using System.Text.RegularExpressions;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>How an input ended.</summary>
/// <param name="Signature">The same for inputs that are alike.</param>
/// <param name="Finding">What must not be; <see langword="null"/> where all is well.</param>
internal sealed partial record Outcome(string Signature, string? Finding)
{
    private const long AllocationFloor = 64 << 20;
    private const long AllocationPerByte = 64;
    private const int LongestCause = 90;

    // Of processor time: other work on the machine makes no input slow.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public static Outcome Of(FuzzTarget target, byte[] input)
    {
        var (cpu, before) = (Environment.CpuUsage.TotalTime, Allocated(target));
        try
        {
            var taken = target.Run(input);
            return Bounded($"taken: {taken}");
        }
        catch (FishException refused)
        {
            return Bounded($"{ErrorCodes.NameOf(refused.Code)}: {Short(refused.Cause)}");
        }
        catch (Exception error)
        {
            return new Outcome($"{error.GetType().Name}: {Short(error.Message)}", error.ToString());
        }

        Outcome Bounded(string signature)
        {
            var (allocated, most) = (Allocated(target) - before, AllocationFloor + (AllocationPerByte * input.Length));
            var used = Environment.CpuUsage.TotalTime - cpu;
            return new Outcome(signature, allocated > most ? $"{allocated} bytes were allocated for {input.Length}; {signature}"
                : used > Longest ? $"{input.Length} bytes took {used.TotalSeconds:F1} s of processor time; {signature}" : null);
        }
    }

    private static long Allocated(FuzzTarget target) =>
        target.HasThreads ? GC.GetTotalAllocatedBytes() : GC.GetAllocatedBytesForCurrentThread();

    // What is quoted or counted is the input's own.
    private static string Short(string cause)
    {
        var text = Own().Replace(cause, "#");
        return text.Length <= LongestCause ? text : text[..LongestCause];
    }

    [GeneratedRegex(
        """'[^']*'|"[^"]*"|\[[^\]]*\]|-?[0-9a-f]*[0-9][0-9a-f.]*""", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Own();
}

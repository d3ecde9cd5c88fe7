using FishCheckpoint.Durability.Suites;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>Goes round over targets until the time is over.</summary>
internal static class FuzzRun
{
    /// <summary>Feeds all of them in turn.</summary>
    /// <param name="targets">Fed; the caller disposes them.</param>
    /// <param name="seed">Gives the run again, as far as its time allows.</param>
    /// <param name="turn">How long a target is fed before the next one is.</param>
    /// <param name="progress">Says when it is over.</param>
    /// <param name="keeps">Whether small inputs that end anew are written to the corpus.</param>
    public static SuiteResult Run(IReadOnlyList<FuzzTarget> targets, int seed, TimeSpan turn, Progress progress, bool keeps)
    {
        var result = new SuiteResult();
        using var watch = new Watch();
        var fuzzers = targets.Select((target, index) => new Fuzzer(target, seed + index, result, watch, keeps)).ToArray();
        var reported = 0;
        while (!progress.IsOver)
        {
            foreach (var fuzzer in fuzzers)
            {
                fuzzer.Run(turn);
            }

            foreach (var finding in result.Findings.Skip(reported))
            {
                progress.Report($"FOUND {finding}");
            }

            reported = result.Findings.Count;
            progress.Report($"{targets.Sum(target => result[$"{target.Name}: inputs"]):N0} inputs, {fuzzers.Sum(fuzzer => fuzzer.Signatures.Count):N0} ends, {reported} findings");
        }

        return result;
    }
}

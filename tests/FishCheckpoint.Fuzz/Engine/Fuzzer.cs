using FishCheckpoint.Durability.Suites;

namespace FishCheckpoint.Fuzz.Engine;

/// <summary>Feeds one target: inputs that end as none before them are kept, and mutated in their turn.</summary>
internal sealed class Fuzzer
{
    // A target whose every input ends in words of its own must not fill memory.
    private const int MaxKept = 4000;

    private readonly FuzzTarget target;
    private readonly Random random;
    private readonly SuiteResult result;
    private readonly bool keeps;
    private readonly Watch watch;
    private readonly List<byte[]> inputs = [];
    private readonly HashSet<string> signatures = new(StringComparer.Ordinal);
    private readonly HashSet<string> found = new(StringComparer.Ordinal);

    /// <summary>Prepares; reads what there is.</summary>
    /// <param name="target">Fed.</param>
    /// <param name="seed">Gives the same mutations again.</param>
    /// <param name="result">Gets counts and findings.</param>
    /// <param name="watch">Ends the process where an input never ends.</param>
    /// <param name="keeps">Whether small inputs with a new outcome are written to the corpus.</param>
    public Fuzzer(FuzzTarget target, int seed, SuiteResult result, Watch watch, bool keeps)
    {
        (this.target, random, this.result, this.watch) = (target, new Random(seed), result, watch);
        foreach (var input in target.Seeds.Concat(Corpus.Read(target.Name).Select(file => file.Input)))
        {
            Feed(input, isOld: true);
        }

        this.keeps = keeps;
    }

    /// <summary>The ways in which inputs have ended.</summary>
    public IReadOnlyCollection<string> Signatures => signatures;

    /// <summary>Mutates and feeds for some time.</summary>
    public void Run(TimeSpan time)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.Elapsed < time)
        {
            RunOne();
        }
    }

    /// <summary>Mutates and feeds a number of inputs: the same seed gives the same ones.</summary>
    public void Run(int count)
    {
        for (var input = 0; input < count; input++)
        {
            RunOne();
        }
    }

    private void RunOne() => Feed(target.Mutate(random, Pick(), Pick()), isOld: false);

    // The latest more often: an input whose outcome was new leads furthest.
    private byte[] Pick() => inputs[random.Next(3) == 0 ? Math.Max(0, inputs.Count - 1 - random.Next(16)) : random.Next(inputs.Count)];

    private void Feed(byte[] input, bool isOld)
    {
        watch.Begin(target.Name, input);
        var outcome = Outcome.Of(target, input);
        watch.End();
        result.Count($"{target.Name}: {(isOld ? "seeds and corpus" : "inputs")}");
        var taken = outcome.Signature.StartsWith("taken", StringComparison.Ordinal) ? "taken" : "refused";
        result.Count($"{target.Name}: {(outcome.Finding is null ? taken : "findings")}");
        if (outcome.Finding is { } finding && found.Add(outcome.Signature))
        {
            result.Find($"{target.Name}: {Corpus.WriteFinding(target.Name, input)}: {finding}");
        }

        if (signatures.Add(outcome.Signature) && !isOld)
        {
            result.Count($"{target.Name}: new outcomes");
            if (keeps && outcome.Finding is null)
            {
                Corpus.Keep(target.Name, input);
            }
        }
        else if (!isOld)
        {
            return;
        }

        if (inputs.Count < MaxKept)
        {
            inputs.Add(input);
        }
    }
}

/// <summary>Goes round over targets until the time is over.</summary>
internal static class FuzzRun
{
    /// <summary>Feeds all of them in turn.</summary>
    /// <param name="targets">Fed; the caller disposes them.</param>
    /// <param name="seed">Gives the run again, as far as its time allows.</param>
    /// <param name="turn">How long a target is fed before the next one is.</param>
    /// <param name="progress">Says when it is over.</param>
    /// <param name="keeps">Whether small inputs with a new outcome are written to the corpus.</param>
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
            progress.Report(
                $"{targets.Sum(target => result[$"{target.Name}: inputs"]):N0} inputs, {fuzzers.Sum(fuzzer => fuzzer.Signatures.Count):N0} "
                + $"ends, {reported} findings");
        }

        return result;
    }
}

/// <summary>
/// Looks on from another thread: an input that never ends is written down, and the process ended, for nothing else would end it.
/// </summary>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    private readonly Timer timer;
    private readonly Lock guard = new();
    private (string Target, byte[] Input, long Since)? under;

    public Watch() => timer = new Timer(_ => Look(), null, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(5));

    public void Begin(string target, byte[] input)
    {
        lock (guard)
        {
            under = (target, input, TimeProvider.System.GetTimestamp());
        }
    }

    public void End()
    {
        lock (guard)
        {
            under = null;
        }
    }

    public void Dispose() => timer.Dispose();

    private void Look()
    {
        lock (guard)
        {
            if (under is { } one && TimeProvider.System.GetElapsedTime(one.Since) > Longest)
            {
                Console.Error.WriteLine($"FOUND {one.Target}: {Corpus.WriteFinding(one.Target, one.Input)} does not end");
                Environment.Exit(1);
            }
        }
    }
}

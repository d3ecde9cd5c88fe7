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
    /// <param name="result">Told of counts and findings.</param>
    /// <param name="watch">Ends the process where an input never ends.</param>
    /// <param name="keeps">Whether small inputs that end anew are written to the corpus.</param>
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

    // The latest more often: what has just ended anew leads furthest.
    private byte[] Pick() => inputs[random.Next(3) == 0 ? Math.Max(0, inputs.Count - 1 - random.Next(16)) : random.Next(inputs.Count)];

    private void Feed(byte[] input, bool isOld)
    {
        watch.Begin(target.Name, input);
        var outcome = Outcome.Of(target, input);
        watch.End();
        result.Count($"{target.Name}: {(isOld ? "seeds and corpus" : "inputs")}");
        result.Count($"{target.Name}: {(outcome.Finding is not null ? "findings" : outcome.Signature.StartsWith("taken", StringComparison.Ordinal) ? "taken" : "refused")}");
        if (outcome.Finding is { } finding && found.Add(outcome.Signature))
        {
            result.Find($"{target.Name}: {Corpus.WriteFinding(target.Name, input)}: {finding}");
        }

        if (signatures.Add(outcome.Signature) && !isOld)
        {
            result.Count($"{target.Name}: ended anew");
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

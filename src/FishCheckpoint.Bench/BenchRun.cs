using FishCheckpoint.Codec;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Bench;

/// <summary>
/// Measures a pair: its sizes, then encoding, decoding and a store in turns, so that a busy moment of the machine affects all of them.
/// </summary>
/// <param name="plan">What to measure.</param>
/// <param name="settings">The store's options; its folder is temporary.</param>
/// <param name="showing">Called with the number of steps and the work; runs it and shows each step that it reports as done.</param>
public sealed class BenchRun(BenchPlan plan, StoreOptions settings, Func<int, Func<Action<string>, Task>, Task> showing)
{
    /// <summary>Measures the pair, and removes temporary files.</summary>
    /// <exception cref="Errors.FishException">A model is missing or invalid, or the two have different tensors.</exception>
    public async Task<BenchResult> RunAsync(CancellationToken cancellation)
    {
        var folder = Directory.CreateDirectory(Path.Combine(plan.Temporary, $"fish-bench-{Guid.NewGuid():N}")).FullName;
        try
        {
            var options = settings with { DataFolder = Path.Combine(folder, "data"), DeletionGrace = TimeSpan.Zero };
            var (before, after) = plan.Paths ?? SyntheticPair.Write(folder);
            using var pair = BenchPair.Open(before, after, options.MaxHeaderBytes, plan.MaxInMemory);
            EffortBench[] efforts = [new("small", CodecEffort.Small, pair, folder), new("fast", CodecEffort.Fast, pair, folder)];
            await using var store = await StoreBench.CreateAsync(options, pair, cancellation);
            var changes = pair.CountChanges(cancellation);
            var yardsticks = Yardsticks.Of(pair, changes, cancellation);
            await MeasureAsync(pair, efforts, store, cancellation);
            return Result(pair, changes.Sum(), yardsticks, efforts, store);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task MeasureAsync(BenchPair pair, EffortBench[] efforts, StoreBench store, CancellationToken cancellation)
    {
        // Reading models from disk takes so long that the first milliseconds of compilation do not matter.
        var warmUps = pair.IsInMemory ? 1 : 0;
        await showing(warmUps + plan.Rounds, async done =>
        {
            for (var round = -warmUps; round < plan.Rounds; round++)
            {
                if (round == 0)
                {
                    Array.ForEach(efforts, effort => Array.ForEach([effort.Encoding, effort.Decoding], timings => timings.Clear()));
                    store.Saving.Clear();
                    store.Loading.Clear();
                }

                Array.ForEach(efforts, effort => effort.Round(cancellation));
                await store.RoundAsync(cancellation);
                done($"round {round + 1} of {plan.Rounds}");
            }
        });
    }

    private BenchResult Result(BenchPair pair, long changed, Yardsticks yardsticks, EffortBench[] efforts, StoreBench store)
    {
        var encodings = efforts.Select(effort => Encoding(effort.Name, effort.Bytes) with
        {
            EncodeBytesPerSecond = pair.Layout.Bytes / effort.Encoding.Median,
            DecodeBytesPerSecond = pair.Layout.Bytes / effort.Decoding.Median,
            EncodeSeconds = effort.Encoding.Seconds,
            DecodeSeconds = effort.Decoding.Seconds,
        });
        return new BenchResult(
            plan.Paths is null, plan.Paths?.Before, plan.Paths?.After, pair.Layout.Tensors.Count, pair.Layout.Elements,
            pair.Layout.Bytes, changed,
            pair.Layout.Elements == 0 ? 0 : (double)changed / pair.Layout.Elements, pair.IsInMemory, plan.Rounds,
            store.IsBitExact && Array.TrueForAll(efforts, effort => effort.IsBitExact),
            [
                .. encodings, Encoding("index + value", yardsticks.IndexAndValue), Encoding("dense + zstd-1", yardsticks.DenseZstd),
                Encoding("dense", yardsticks.Dense),
            ],
            new StoreResult(
                plan.Temporary, store.StoredBytes, store.Saving.Median, store.Loading.Median, store.Saving.Seconds, store.Loading.Seconds));

        EncodingResult Encoding(string name, long bytes) => new(
            name, bytes, changed == 0 ? null : (double)bytes / changed, Ratio(yardsticks.Dense, bytes),
            Ratio(yardsticks.DenseZstd, bytes), Ratio(yardsticks.IndexAndValue, bytes));
    }

    // A ratio of two empty sizes is undefined.
    private static double Ratio(long whole, long bytes) => bytes == 0 ? 0 : (double)whole / bytes;
}

/// <summary>What to measure.</summary>
/// <param name="Paths">The two models; <see langword="null"/> for a synthetic pair.</param>
/// <param name="Rounds">How often each operation is timed.</param>
/// <param name="Temporary">The folder for the temporary store.</param>
public sealed record BenchPlan((string Before, string After)? Paths, int Rounds, string Temporary)
{
    /// <summary>The largest model to load into memory, in bytes.</summary>
    public long MaxInMemory { get; init; } = BenchPair.MaxInMemory;
}

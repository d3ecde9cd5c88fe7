using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>Sizes and speeds of everyone's encodings on real checkpoints, made by <c>experiments/corpus.py</c>.</summary>
internal static class SizesRun
{
    public static async Task RunAsync(string folder, bool write)
    {
        LayoutCheck.Run();
        var (text, corpus) = (new StringBuilder(), new Corpus(folder));
        Say($"Machine: {Machine.Describe()} Corpus: {corpus.Made}.\n");
        if (Contenders.Missing.ToList() is { Count: > 0 } missing)
        {
            Say($"Left out, since their programs are not installed: {string.Join(", ", missing)}.\n");
        }

        foreach (var pair in Pair.OfFolder(folder, corpus))
        {
            Say(PairRun.Run(pair));
        }

        var runs = FishRuns(folder, corpus);
        Say(MaskSizes.Run(runs[0].Fish));
        foreach (var (fish, training, loss) in runs)
        {
            Say(await StoreSizes.RunAsync(fish, training, loss));
        }

        foreach (var (fish, training, _) in runs)
        {
            Say(PairRun.Run(fish.LastPair(training)));
        }

        if (write)
        {
            BenchmarkPage.Write("sizes", text.ToString());
        }

        void Say(string part)
        {
            Console.WriteLine(part);
            text.AppendLine(part);
        }
    }

    /// <summary>The part of it that goes through a store.</summary>
    public static async Task StoresAsync(string folder)
    {
        foreach (var (fish, training, loss) in FishRuns(folder, new Corpus(folder)))
        {
            Console.WriteLine(await StoreSizes.RunAsync(fish, training, loss));
        }
    }

    private static List<(FishFolder Fish, string Training, string Loss)> FishRuns(string folder, Corpus corpus) =>
        [.. corpus.FishRuns.Select(run => (new FishFolder(Path.Combine(folder, run.Folder)), run.Training, corpus.LossOf(run.Folder)))];
}

/// <summary>What a contender did with a pair.</summary>
/// <param name="peer">The contender.</param>
internal sealed class Result(IPeer peer)
{
    private readonly Samples encoding = new();
    private readonly Samples decoding = new();

    /// <summary>The contender's name.</summary>
    public string Name => peer.Name;

    /// <summary>Bytes of the encoded pair.</summary>
    public long Bytes { get; private set; }

    /// <summary>Seconds spent.</summary>
    public double Spent => encoding.Total + decoding.Total;

    /// <summary>Encoding speed, in MB of the model a second.</summary>
    public string EncodeRate(long bytes) => encoding.Rate(bytes / 1e6);

    /// <summary>Decoding speed, in MB of the model a second.</summary>
    public string DecodeRate(long bytes) => decoding.Rate(bytes / 1e6);

    /// <summary>Forgets the times so far: they were for warming up.</summary>
    public Result Warmed() => new(peer) { Bytes = Bytes };

    /// <summary>Encodes and decodes once, and compares every byte of what came back.</summary>
    /// <exception cref="InvalidDataException">Something else came back.</exception>
    public void Round(Pair pair, Checkpoint target)
    {
        target.Become(pair.Before);
        var encoded = encoding.Time(() => peer.Encode(pair.Before, pair.After));
        decoding.Time(() => peer.Decode(pair.Before, encoded, target));
        if (!target.Equals(pair.After))
        {
            throw new InvalidDataException($"{peer.Name} did not give back {pair.Title}.");
        }

        Bytes = encoded.Length;
    }
}

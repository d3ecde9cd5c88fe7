using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>Sizes and speeds of everyone's encodings on real checkpoints, made by <c>experiments/corpus.py</c>.</summary>
internal static class SizesRun
{
    public static async Task RunAsync(string folder, bool write)
    {
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

        var fish = new FishFolder(Path.Combine(folder, "fish"));
        Say(MaskSizes.Run(fish));
        Say(await StoreSizes.RunAsync(fish));
        Say(PairRun.Run(fish.LastPair()));
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
}

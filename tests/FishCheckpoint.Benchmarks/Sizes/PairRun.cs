using System.Text;
using FishCheckpoint.Benchmarks.Peers;

namespace FishCheckpoint.Benchmarks.Sizes;

/// <summary>All contenders on one pair, in turns, so that a busy moment of the machine meets all of them.</summary>
internal static class PairRun
{
    private const int WarmUps = 20;
    private const int Rounds = 9;

    // A contender that has used so much time is not timed again: minutes would go to the slowest two.
    private const double SecondsEach = 4;

    public static string Run(Pair pair)
    {
        var results = Contenders.All.Select(peer => new Result(peer)).ToArray();
        var target = pair.Before.Copy();
        for (var round = 0; round < WarmUps + Rounds; round++)
        {
            foreach (var result in results.Where(result => result.Spent < SecondsEach))
            {
                result.Round(pair, target);
            }

            if (round == WarmUps - 1)
            {
                results = [.. results.Select(result => result.Spent < SecondsEach ? result.Warmed() : result)];
            }
        }

        return Table(pair, results);
    }

    private static string Table(Pair pair, Result[] results)
    {
        var (changed, values, model) = (Changes.Count(pair.Before, pair.After), pair.Before.Layout.Elements, pair.Before.Layout.Bytes);
        var table = new StringBuilder();
        table.AppendLine($"### {pair.Title}\n");
        table.AppendLine($"{changed:N0} of {values:N0} values changed ({(double)changed / values:P2}); a model has {model:N0} bytes.\n");
        table.AppendLine(
            "| encoding | bytes | a changed value | FishCheckpoint = 1 | encode, MB/s | decode, MB/s |\n|---|---:|---:|---:|---:|---:|");
        foreach (var result in results)
        {
            Row(result.Name, result.Bytes, result.EncodeRate(model), result.DecodeRate(model));
        }

        if (TorchSave.SizeOf(pair.After) is { } dense)
        {
            Row("dense torch.save", dense, "", "");
        }

        if (Floor.Of(pair.Before, pair.After) is { } floor)
        {
            Row("*floor given the parent's exponent*", floor, "", "");
        }

        return table.ToString();

        void Row(string name, double bytes, string encode, string decode) =>
            table.AppendLine($"| {name} | {bytes:N0} | {bytes / changed:0.000} | {bytes / results[0].Bytes:0.00} | {encode} | {decode} |");
    }
}

/// <summary>Two models of one run.</summary>
/// <param name="Title">What they are.</param>
/// <param name="Before">The earlier one.</param>
/// <param name="After">The later one.</param>
internal sealed record Pair(string Title, Checkpoint Before, Checkpoint After)
{
    /// <summary>The pairs of 16-bit models in a corpus's folders, the closest first; each is read when it is its turn.</summary>
    public static IEnumerable<Pair> OfFolder(string folder, Corpus corpus) =>
        from type in new[] { "bf16", "fp16" }
        from path in Directory.EnumerateDirectories(Path.Combine(folder, type), "density-*")
            .OrderBy(path => int.Parse(path[(path.LastIndexOf('-') + 1)..]))
        select new Pair(
            $"{type}, {Path.GetFileName(path)}: {corpus.Describe(type, Path.GetFileName(path))}",
            Checkpoint.Load(Path.Combine(path, "before.safetensors")),
            Checkpoint.Load(Path.Combine(path, "after.safetensors")));
}

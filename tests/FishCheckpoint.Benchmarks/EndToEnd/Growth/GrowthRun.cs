using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Growth;

/// <summary>
/// What a fixed number of changed values costs as the model around them grows: the same works on a small and on a large model, turn by
/// turn.
/// </summary>
internal static class GrowthRun
{
    private const int WarmUps = 30;

    public static async Task RunAsync(string folder, long large, int turns, bool write)
    {
        const long small = 10_000_000;
        const int changed = 100_000;
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"growth-{Guid.NewGuid():N}")).FullName;
        try
        {
            await using var left = await GrowthSubject.OpenAsync(small, changed, Path.Combine(own, "small"));
            await using var right = await GrowthSubject.OpenAsync(large, changed, Path.Combine(own, "large"));
            var text = new StringBuilder("## Cost against size\n\n");
            text.AppendLine(CultureInfo.InvariantCulture, $"""
                {changed:N0} changed values of a bfloat16 model, drawn uniformly from all of it; the same work on a model of {small:N0}
                elements and on one of {large:N0}, {turns} interleaved turns, from memory to an acknowledged, synced save.
                """).AppendLine();
            text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- growth DIR`").AppendLine();
            text.AppendLine(CultureInfo.InvariantCulture, $"| | {small / 1e6:N0}M, ms | {large / 1e6:N0}M, ms | larger ÷ smaller |")
                .AppendLine("|---|---|---|---|");
            foreach (var work in left.Works.Keys)
            {
                text.AppendLine(await MeasureAsync(work, left, right, turns));
            }

            BenchmarkPage.Publish("growth", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(string work, GrowthSubject left, GrowthSubject right, int turns)
    {
        var (small, large) = (new List<double>(), new List<double>());
        for (var turn = -WarmUps; turn < turns; turn++)
        {
            var (first, second) = turn % 2 == 0 ? (left, right) : (right, left);
            var (one, other) = (await first.TimeAsync(work), await second.TimeAsync(work));
            if (turn >= 0)
            {
                small.Add((turn % 2 == 0 ? one : other) * 1e3);
                large.Add((turn % 2 == 0 ? other : one) * 1e3);
            }
        }

        return $"| {work} | {Spread.Of(small).Text("F1")} | {Spread.Of(large).Text("F1")} | {Spread.OfRatios(large, small).Text("F2")} |";
    }
}

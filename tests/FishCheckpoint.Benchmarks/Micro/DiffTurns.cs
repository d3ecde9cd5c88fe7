using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Benchmarks.Sizes;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>The loops of <see cref="DiffLoop"/> in turns, so that a busy moment meets the plain comparison and the diff alike: rows that run one after another tell less.</summary>
internal static class DiffTurns
{
    private const int WarmUps = 4;
    private const int Turns = 31;

    public static void Append(StringBuilder text)
    {
        var loop = new DiffLoop();
        loop.Fill();
        (string Name, Action Pass)[] passes =
        [
            ("*plain comparison of two equal buffers*", () => loop.Compare()), ("16 bits, nothing changed", () => loop.None16()),
            ("16 bits, 0.5% changed", () => loop.Few16()), ("16 bits, 5% changed", () => loop.Many16()), ("32 bits, nothing changed", () => loop.None32()),
            ("32 bits, 0.5% changed", () => loop.Few32()), ("32 bits, 5% changed", () => loop.Many32()),
        ];
        var samples = passes.Select(_ => new Samples()).ToArray();
        for (var turn = -WarmUps; turn < Turns; turn++)
        {
            for (var pass = 0; pass < passes.Length; pass++)
            {
                (turn < 0 ? new Samples() : samples[pass]).Time(passes[pass].Pass);
            }
        }

        text.AppendLine($"\nThe diff and the plain comparison again, {Turns} times in turns (median of the turns' quotients, quartiles):\n");
        text.AppendLine("| diff of two states of 64 MiB | MB of one state a second | speed of the plain comparison = 1 |\n|---|---:|---:|");
        for (var pass = 0; pass < passes.Length; pass++)
        {
            var ratio = pass == 0 ? string.Empty : Spread.OfRatios(samples[0].Seconds, samples[pass].Seconds).Text("0.00");
            text.AppendLine($"| {passes[pass].Name} | {samples[pass].Rate(DiffLoop.BytesPerPass / 1e6)} | {ratio} |");
        }
    }
}

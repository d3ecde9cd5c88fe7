using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>Steps whose every one has a mask of its own: what a chain of them takes and what reading any of them costs.</summary>
internal static class ChainsRun
{
    private const int TimedSteps = 25;
    private const int Turns = 5;
    private const string Deltas = "deltas";

    public static async Task RunAsync(string folder, int count, string? only, bool write)
    {
        if (only != Deltas)
        {
            await RunChainsAsync(folder, count, only, write);
        }

        if (only is null or Deltas)
        {
            await DeltasRun.RunAsync(folder, write);
        }
    }

    private static async Task RunChainsAsync(string folder, int count, string? only, bool write)
    {
        var text = new StringBuilder("## Chains of deltas\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            {count:N0} steps with a new mask of 2% each, saved one on another with the default settings, `Chains:MaxReadCost` 3. *Bare* is
            the sum of the deltas alone, each based on the step before it. A read is the bytes of base and frames that a full restore reads
            and decodes, beside those of the base and one such delta. Times are of full restores from an embedded store, {TimedSteps} steps
            and the costliest, each in turn with step 1, whose chain is one delta: the median quotient of {Turns} turns for each step. Every
            step is rebuilt and compared with what was saved; of the synthetic ones every tenth, and their times say nothing.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- chains DIR`").AppendLine();
        text.AppendLine(
            "| steps | base | bare, KB | stored, KB | stored ÷ bare | based on an earlier state | longest chain | read cost: most | read "
            + "cost: median | time: most | time: median |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var (make, real) in new (Func<ISteps>, bool)[]
        {
            (() => new DigitSteps(), true), (() => new UniformSteps(DType.BF16, 2), false), (() => new UniformSteps(DType.F32, 100), false),
            (() => new UniformSteps(DType.F32, 0), false),
        }.Where(each => only is null || (only == "real") == each.Item2))
        {
            var row = await MeasureAsync(make(), folder, count, real);
            Console.WriteLine(row);
            text.AppendLine(row);
        }

        BenchmarkPage.Publish("chains", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
    }

    private static async Task<string> MeasureAsync(ISteps steps, string folder, int count, bool real)
    {
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"chains-{Guid.NewGuid():N}")).FullName;
        try
        {
            await using var subject = await ChainSubject.OpenAsync(steps, own);
            await subject.SaveAsync(count);
            await subject.RequireAsync(every: real ? 1 : 10);
            var measures = ChainMeasures.Of(subject);
            var times = real ? await TimesAsync(subject, measures.Timed(TimedSteps)) : [];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"| {steps.Name} | {subject.BaseBytes / 1e6:F1} MB | {measures.Bare / 1e3:N0} | {measures.Stored / 1e3:N0} "
                + $"| {(double)measures.Stored / measures.Bare:F2} | {measures.Composites} | {measures.Deepest} | "
                + $"{measures.Reads.Max():F2} "
                + $"| {Spread.Of(measures.Reads).Median:F2} | {(real ? $"{times.Max():F1} | {Spread.Of(times).Median:F1}" : "|")} |");
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<List<double>> TimesAsync(ChainSubject subject, IReadOnlyList<int> timed)
    {
        var quotients = new List<double>();
        foreach (var step in timed)
        {
            var (one, other) = (new List<double>(), new List<double>());
            for (var turn = 0; turn < Turns; turn++)
            {
                one.Add(await subject.RestoreAsync(1));
                other.Add(await subject.RestoreAsync(step));
            }

            quotients.Add(Spread.OfRatios(other, one).Median);
        }

        return quotients;
    }
}

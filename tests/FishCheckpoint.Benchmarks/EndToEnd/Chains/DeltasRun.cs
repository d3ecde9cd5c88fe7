using System.Diagnostics;
using System.Globalization;
using System.Text;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Chains;

/// <summary>What a worker pays who goes from one step to another: by the delta between them, and by whole models.</summary>
internal static class DeltasRun
{
    private const int Megabytes = 128;
    private const int Steps = 41;
    private const int Turns = 7;

    // Bytes a second of a line of 1 Gbit/s.
    private const double LineRate = 125e6;

    public static async Task RunAsync(string folder, bool write)
    {
        var text = new StringBuilder("## Deltas between two states\n\n");
        text.AppendLine(CultureInfo.InvariantCulture, $"""
            A float32 model of {Megabytes * 1.048576:N0} MB, of which each step changes 0.5%, drawn from 7.5% of the positions. A worker
            holds the model of one step and wants a later one: by `delta?from=` as frames, applied to what it has; by the later model whole;
            and, for who holds neither and asks what changed, by both models and a comparison. Server and worker on one machine, so that
            sending costs nearly nothing: what a line of 1 Gbit/s alone takes for the bytes is in brackets. {Turns} interleaved turns after
            one whose every model is compared with what was saved.
            """).AppendLine();
        text.AppendLine("`dotnet run -c Release --project tests/FishCheckpoint.Benchmarks -- chains DIR 500 deltas`").AppendLine();
        text.AppendLine(
            "| steps | values that differ | delta, MB | model, MB | bytes: model ÷ delta | delta, s | model, s | both compared, s | time: "
            + "model ÷ delta | time: both ÷ delta |");
        text.AppendLine("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var fixedMask in new[] { false, true })
        {
            foreach (var row in await MeasureAsync(folder, fixedMask))
            {
                Console.WriteLine(row);
                text.AppendLine(row);
            }
        }

        BenchmarkPage.Publish("deltas", text.AppendLine().AppendLine(Machine.Describe()).ToString(), write);
    }

    private static async Task<List<string>> MeasureAsync(string folder, bool fixedMask)
    {
        var own = Directory.CreateDirectory(Path.Combine(Path.GetFullPath(folder), $"deltas-{Guid.NewGuid():N}")).FullName;
        try
        {
            await using var subject = await DeltaSubject.CreateAsync(own, Megabytes, Steps, fixedMask);
            var rows = new List<string>();
            foreach (var apart in fixedMask ? [10] : new[] { 1, 10, Steps - 1 })
            {
                var what = fixedMask ? "one mask, each based on the base" : "a new mask each, each based on the one before";
                rows.Add(await MeasureAsync(subject, string.Create(CultureInfo.InvariantCulture, $"{what}: {apart} apart"), Steps - apart));
            }

            return rows;
        }
        finally
        {
            Directory.Delete(own, recursive: true);
        }
    }

    private static async Task<string> MeasureAsync(DeltaSubject subject, string what, int from)
    {
        var (byDelta, byModel, byBoth) = (new List<double>(), new List<double>(), new List<double>());
        var (sent, differ) = (0L, 0L);
        for (var turn = 0; turn <= Turns; turn++)
        {
            await subject.HoldAsync(from);
            var delta = await TimeAsync(async () => sent = await subject.ByDeltaAsync(from, Steps));
            Require(subject, turn);
            var model = await TimeAsync(() => subject.ByModelAsync(Steps));
            Require(subject, turn);
            var both = await TimeAsync(async () => differ = (await subject.ByBothAsync(from, Steps)).Differ);
            if (turn > 0)
            {
                byDelta.Add(delta);
                byModel.Add(model);
                byBoth.Add(both);
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"| {what} | {differ:N0} | {Sent(sent)} | {Sent(subject.ModelBytes)} "
            + $"| {(double)subject.ModelBytes / sent:F1} | {Spread.Of(byDelta).Text("F2")} | {Spread.Of(byModel).Text("F2")} "
            + $"| {Spread.Of(byBoth).Text("F2")} | {Spread.OfRatios(byModel, byDelta).Text("F2")} "
            + $"| {Spread.OfRatios(byBoth, byDelta).Text("F2")} |");
    }

    private static string Sent(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N2} [{bytes / LineRate:F2} s]");

    private static void Require(DeltaSubject subject, int turn)
    {
        if (turn == 0)
        {
            subject.Require(Steps);
        }
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var clock = Stopwatch.StartNew();
        await work();
        return clock.Elapsed.TotalSeconds;
    }
}

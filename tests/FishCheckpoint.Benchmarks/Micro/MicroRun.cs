using System.Reflection;
using System.Text;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using FishCheckpoint.Benchmarks.EndToEnd.Reports;
using Perfolizer.Horology;

namespace FishCheckpoint.Benchmarks.Micro;

/// <summary>Runs the hot loops with BenchmarkDotNet, in this process and for about a second each, and makes one table of them.</summary>
internal static class MicroRun
{
    private const int Iterations = 9;
    private const int IterationMilliseconds = 80;

    private static readonly Type[] Loops =
        [typeof(DiffLoop), typeof(UnitLoops), typeof(ChecksumLoops), typeof(NumberLoops), typeof(BlockLoops), typeof(ValueLoops)];

    // In this process: a process for each of some forty rows would take a quarter of an hour, and says the same of loops of microseconds.
    private static IConfig Config => ManualConfig.CreateEmpty()
        .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(2).WithIterationCount(Iterations)
            .WithIterationTime(TimeInterval.FromMilliseconds(IterationMilliseconds)))
        .AddLogger(NullLogger.Instance).WithOptions(ConfigOptions.DisableLogFile)
        .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "fish-micro"));

    /// <summary>Runs all loops, prints the table, and writes it to the page if asked to.</summary>
    /// <exception cref="InvalidOperationException">A loop did not run.</exception>
    public static void Run(bool write)
    {
        var text = new StringBuilder();
        text.AppendLine($"Machine: {Machine.Describe()}\n");
        text.AppendLine(
            $"BenchmarkDotNet in process, medians and quartiles of {Iterations} iterations of some {IterationMilliseconds} ms after two to "
            + "warm up; synthetic data of fixed seeds.\n");
        text.AppendLine("| loop, one thread | GB/s | speed of the plain pass = 1 |\n|---|---:|---:|");
        foreach (var loop in Loops)
        {
            Console.WriteLine($"{loop.Name} …");
            Append(text, loop, BenchmarkRunner.Run(loop, Config));
        }

        DiffTurns.Append(text);
        BenchmarkPage.Publish("micro", text.ToString(), write);
    }

    private static void Append(StringBuilder text, Type loop, Summary summary)
    {
        var bytes = (int)loop.GetField("BytesPerPass", BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!;
        var plain = summary.Reports.Single(report => report.BenchmarkCase.Descriptor.Baseline);
        foreach (var report in summary.Reports)
        {
            var times = report.ResultStatistics
                ?? throw new InvalidOperationException($"{loop.Name} did not run: {report.BenchmarkCase.Descriptor.WorkloadMethod.Name}.");
            var title = report == plain ? $"*{report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'')}*"
                : report.BenchmarkCase.Descriptor.WorkloadMethodDisplayInfo.Trim('\'');
            text.AppendLine(
                $"| {title} | {bytes / times.Median:0.00} ({bytes / times.Q3:0.00} to {bytes / times.Q1:0.00}) "
                + $"| {(report == plain ? string.Empty : $"{plain.ResultStatistics!.Median / times.Median:0.00}")} |");
        }
    }
}

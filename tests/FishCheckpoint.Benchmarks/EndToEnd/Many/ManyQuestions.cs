using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Benchmarks.EndToEnd.Many;

/// <summary>What people ask of a store, of a task in it.</summary>
internal static class ManyQuestions
{
    /// <summary>The questions, by the name of their row.</summary>
    /// <param name="store">The store, or a client of its server.</param>
    /// <param name="task">The task.</param>
    /// <param name="checkpoints">How many checkpoints it has.</param>
    public static IReadOnlyList<(string Name, Func<Task> Ask)> Of(ICheckpointStore store, string task, int checkpoints)
    {
        var (random, reports) = (new Random(7), (IStorageReports)store);
        return
        [
            ("list: the first 100", () => store.ListCheckpointsAsync(task, new PageRequest())),
            ("list: 100 from the middle", () => store.ListCheckpointsAsync(task, new PageRequest(100, Text(checkpoints / 2)))),
            ("list: the last 100", () => store.ListCheckpointsAsync(task, new PageRequest(100, Text(checkpoints - 101)))),
            ("list: 1000 from the middle", () => store.ListCheckpointsAsync(task, new PageRequest(1000, Text(checkpoints / 2)))),
            ("list the tasks", () => store.ListTasksAsync(new PageRequest())),
            ("get: a step", () => store.GetCheckpointAsync(task, StepRef.At(random.Next(checkpoints)))),
            ("get: latest", () => store.GetCheckpointAsync(task, StepRef.Latest)),
            ("get: best", () => store.GetCheckpointAsync(task, StepRef.Best)),
            ("get: a tag", () => store.GetCheckpointAsync(task, StepRef.Parse($"tag-{random.Next(checkpoints / 100) * 100}"))),
            ("get: the task", () => store.GetTaskAsync(task)),
            ("report: the store", () => reports.ReportAsync()),
            ("report: the base", () => reports.ReportBaseAsync("base")),
            ("report: the task", () => reports.ReportAsync(task)),
            ("report: the task's tensors", () => reports.ReportTensorsAsync(task, new PageRequest())),
            ("report: growth of 30 days", () => reports.ReportGrowthAsync()),
            ("report: growth of the task in a thousand days", () => reports.ReportGrowthAsync(
                new GrowthRequest { Task = task, From = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-999) })),
        ];
    }

    private static string Text(int step) => step.ToString(CultureInfo.InvariantCulture);
}

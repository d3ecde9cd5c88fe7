using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Reports;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Benchmarks.EndToEnd.Many;

/// <summary>What people ask of a store, of a task in it.</summary>
internal static class ManyQuestions
{
    /// <summary>The questions, by the name of their row.</summary>
    /// <param name="store">The store, or a client of its server.</param>
    /// <param name="task">The task.</param>
    /// <param name="checkpoints">How many checkpoints it has.</param>
    public static IReadOnlyList<(string Name, Func<Task> Ask)> Of(IFishStore store, string task, int checkpoints)
    {
        var (random, reports) = (new Random(7), store.Reports);
        return
        [
            ("list: the first 100", () => store.Checkpoints.ListAsync(task, new PageRequest()).ReadPageAsync()),
            ("list: 100 from the middle", () => store.Checkpoints.ListAsync(
                task, new PageRequest(100, Text(checkpoints / 2))).ReadPageAsync()),
            ("list: the last 100", () => store.Checkpoints.ListAsync(task, new PageRequest(100, Text(checkpoints - 101))).ReadPageAsync()),
            ("list: 1000 from the middle", () => store.Checkpoints.ListAsync(
                task, new PageRequest(1000, Text(checkpoints / 2))).ReadPageAsync()),
            ("list the tasks", () => store.Tasks.ListAsync(new PageRequest()).ReadPageAsync()),
            ("get: a step", () => store.Checkpoints.GetAsync(task, StepRef.At(random.Next(checkpoints)))),
            ("get: latest", () => store.Checkpoints.GetAsync(task, StepRef.Latest)),
            ("get: best", () => store.Checkpoints.GetAsync(task, StepRef.Best)),
            ("get: a tag", () => store.Checkpoints.GetAsync(task, StepRef.Parse($"tag-{random.Next(checkpoints / 100) * 100}"))),
            ("get: the task", () => store.Tasks.GetAsync(task)),
            ("report: the store", () => reports.GetStorageAsync()),
            ("report: the base", () => reports.GetBaseAsync("base")),
            ("report: the task", () => reports.GetStorageAsync(task)),
            ("report: the task's tensors", () => reports.ListTensorsAsync(task, new PageRequest()).ReadPageAsync()),
            ("report: growth of 30 days", () => reports.GetGrowthAsync()),
            ("report: growth of the task in a thousand days", () => reports.GetGrowthAsync(
                new GrowthRequest { Task = task, From = DateOnly.FromDateTime(DateTime.UtcNow).AddDays(-999) })),
        ];
    }

    private static string Text(int step) => step.ToString(CultureInfo.InvariantCulture);
}

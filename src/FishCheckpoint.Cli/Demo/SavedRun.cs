using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using FishCheckpoint.Demo;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Cli.Demo;

/// <summary>A run that saved its checkpoints.</summary>
/// <param name="Task">The name of its task in the store.</param>
/// <param name="Digests">The digest of the trainer's full file, by step.</param>
/// <param name="Saves">The saves of the hook and their cost.</param>
internal sealed record SavedRun(
    string Task, [property: JsonPropertyName("held")] IReadOnlyDictionary<long, Digest> Digests, SaveSummary Saves);

/// <summary>The accuracy of one run.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Kind">How its mask was chosen.</param>
/// <param name="Ratio">The share of parameters that were trained; 1 if dense.</param>
/// <param name="Accuracy">The share of test images that it gets right.</param>
internal sealed record RunAccuracy(string Task, DemoMask Kind, double Ratio, double Accuracy);

/// <summary>Collects the results of concurrent runs.</summary>
internal sealed class RunResults
{
    private readonly ConcurrentBag<SavedRun> saved = [];
    private readonly ConcurrentBag<RunAccuracy> accuracies = [];

    public IReadOnlyList<SavedRun> Saved => [.. saved.OrderBy(run => run.Task, StringComparer.Ordinal)];

    public IReadOnlyList<RunAccuracy> Accuracies => [.. accuracies];

    public void Add(SavedRun run) => saved.Add(run);

    public void Add(RunAccuracy accuracy) => accuracies.Add(accuracy);
}

using System.Collections.Concurrent;
using FishCheckpoint.Demo;
using FishCheckpoint.Tensors;
using FishCheckpoint.Training;

namespace FishCheckpoint.Cli.Demo;

/// <summary>A run that saved its checkpoints.</summary>
/// <param name="Task">Its name in the store.</param>
/// <param name="Held">The digest of the full file that the trainer held, by step.</param>
/// <param name="Saves">What the hook did and cost.</param>
internal sealed record SavedRun(string Task, IReadOnlyDictionary<long, Digest> Held, SaveSummary Saves);

/// <summary>The accuracy of one run.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Kind">How its mask was chosen.</param>
/// <param name="Ratio">The share of parameters that it trained; 1 when dense.</param>
/// <param name="Accuracy">The share of test images that it gets right.</param>
internal sealed record RunAccuracy(string Task, DemoMask Kind, double Ratio, double Accuracy);

/// <summary>Collects what runs give, from several at once.</summary>
internal sealed class RunResults
{
    private readonly ConcurrentBag<SavedRun> saved = [];
    private readonly ConcurrentBag<RunAccuracy> accuracies = [];

    public IReadOnlyList<SavedRun> Saved => [.. saved.OrderBy(run => run.Task, StringComparer.Ordinal)];

    public IReadOnlyList<RunAccuracy> Accuracies => [.. accuracies];

    public void Add(SavedRun run) => saved.Add(run);

    public void Add(RunAccuracy accuracy) => accuracies.Add(accuracy);
}

using FishCheckpoint.Reports;

namespace FishCheckpoint.Cli.Demo;

/// <summary>What a demo showed. Every number was computed by it.</summary>
/// <param name="Folder">The data folder that it left.</param>
/// <param name="BaseAccuracy">The share of test images that the base gets right.</param>
/// <param name="Before">The same on each task, before any training for it.</param>
/// <param name="Accuracies">The same after it, for each run.</param>
/// <param name="Saved">The runs that were saved.</param>
/// <param name="Rebuilt">What rebuilding showed.</param>
/// <param name="Storage">What is stored, and what it would be as full models.</param>
/// <param name="Seconds">How long it all took.</param>
internal sealed record DemoResult(
    string Folder, double BaseAccuracy, IReadOnlyDictionary<string, double> Before, IReadOnlyList<RunAccuracy> Accuracies,
    IReadOnlyList<SavedRun> Saved,
    RebuildResult Rebuilt, StorageReport Storage, double Seconds)
{
    /// <summary>Whether every checkpoint came back as the trainer held it.</summary>
    public bool IsBitExact => Rebuilt.Different.Count == 0 && Rebuilt.Identical == Saved.Sum(run => run.Saves.Saved);
}

using FishCheckpoint.Reports;

namespace FishCheckpoint.Cli.Demo;

/// <summary>The result of a demo. The demo computed every number.</summary>
/// <param name="Folder">The data folder.</param>
/// <param name="BaseAccuracy">The share of test images that the base gets right.</param>
/// <param name="Before">The accuracy on each task before training.</param>
/// <param name="Accuracies">The accuracy of each run after training.</param>
/// <param name="Saved">The runs that were saved.</param>
/// <param name="Rebuilt">The result of rebuilding.</param>
/// <param name="Storage">The stored size, and the size of full models.</param>
/// <param name="Seconds">How long it all took.</param>
internal sealed record DemoResult(
    string Folder, double BaseAccuracy, IReadOnlyDictionary<string, double> Before, IReadOnlyList<RunAccuracy> Accuracies,
    IReadOnlyList<SavedRun> Saved,
    RebuildResult Rebuilt, StorageReport Storage, double Seconds)
{
    /// <summary>Whether every checkpoint came back bit-identical.</summary>
    public bool IsBitExact => Rebuilt.Different.Count == 0 && Rebuilt.Identical == Saved.Sum(run => run.Saves.Saved);
}

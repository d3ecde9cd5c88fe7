using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Measures the difference between two states.</summary>
internal static class StateComparer
{
    /// <summary>Compares the blocks that can differ.</summary>
    /// <param name="from">The earlier state, or the base.</param>
    /// <param name="to">The checkpoint.</param>
    /// <param name="otherTask">The task of the earlier state, if it is another one.</param>
    /// <param name="cancellationToken">Cancels between two blocks.</param>
    public static ChangeReport Compare(OpenedState from, OpenedState to, string? otherTask, CancellationToken cancellationToken)
    {
        var diff = new ChainDiff(from, to);
        var touches = diff.Touches([], []);
        var changes = diff.Open([], [], (tensor, block) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return touches(tensor, block);
        });
        var meter = new ChangeMeter(changes.Layout);
        meter.ReadAll(changes, cancellationToken);
        return meter.Report(to.Task.Name, Spelled(from, otherTask), to.Checkpoint!.Step);
    }

    private static string Spelled(OpenedState from, string? otherTask) => from.Checkpoint is not { } row ? "base"
        : otherTask is null ? FormattableString.Invariant($"{row.Step}") : FormattableString.Invariant($"{otherTask}:{row.Step}");
}

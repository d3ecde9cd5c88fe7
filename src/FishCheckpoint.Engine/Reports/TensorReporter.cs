using System.Globalization;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Creates a task's report per tensor from its totals.</summary>
internal static class TensorReporter
{
    public static Page<TensorReport> OfTask(ICatalogView view, TaskContext task, PageRequest page)
    {
        var (tensors, skipped) = (task.Layout.Layout.Tensors, SkippedOf(page));
        var totals = view.Tensors.Read(task.Id, tensors.Count);
        var checkpoints = view.Totals.CheckpointsOf(task.Base.Id, task.Id);
        var items = Enumerable.Range(0, tensors.Count)
            .OrderByDescending(tensor => totals[tensor].Positions + totals[tensor].Values).ThenBy(tensor => tensor).Skip(skipped)
            .Take(page.Limit)
            .Select(tensor => Report(tensors[tensor], totals[tensor], checkpoints)).ToArray();
        var next = skipped + (long)items.Length;
        return new Page<TensorReport>(items, next < tensors.Count && items.Length > 0 ? next.ToString(CultureInfo.InvariantCulture) : null);
    }

    private static TensorReport Report(TensorInfo tensor, TensorTotals of, long checkpoints)
    {
        var (logical, stored) = ((double)tensor.Bytes * checkpoints, of.Positions + of.Values);
        return new TensorReport(
            tensor.Name, DTypes.NameOf(tensor.Type), tensor.Shape, of.Checkpoints, (long)logical, of.Positions, of.Values, stored,
            Share(logical, stored), of.Changed, Share(of.Changed, (double)tensor.Units * checkpoints), Share(stored, of.Changed));
    }

    private static int SkippedOf(PageRequest page) => page.After is null ? 0
        : int.TryParse(page.After, NumberStyles.None, CultureInfo.InvariantCulture, out var skipped) ? skipped
        : throw new FishException(
            ErrorCode.RequestInvalid, "after", "The value is not a number of tensors.", "Pass the value from the previous page.");

    private static double Share(double part, double whole) => whole == 0 ? 0 : part / whole;
}

using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Creates storage reports from the running totals.</summary>
internal static class StorageReporter
{
    private const int MaxListed = 1000;

    public static StorageReport OfTask(ICatalogView view, string task) => view.Totals.OfTask(task)?.ToReport()
        ?? throw new FishException(ErrorCode.TaskNotFound, task, "There is no such task.", "Make it first, or list the tasks.");

    public static StorageReport OfBase(ICatalogView view, string nameOrId) =>
        view.Totals.OfBase(view.Bases.Resolve(nameOrId)).ToReport();

    public static StorageReport OfStore(ICatalogView view, ICatalog catalog)
    {
        var whole = view.Totals.OfStore();
        var (bases, tasks) = (view.Totals.Bases(MaxListed), view.Totals.Tasks(MaxListed));
        return whole.ToReport(
            Disk(view, catalog.Space, whole), [.. bases.OrderByDescending(row => row.Stored).Select(row => row.ToReport())],
            [.. tasks.Select(row => row.ToReport())], catalog.Identity);
    }

    /// <summary>The restorable deletions of the store.</summary>
    public static GraceUse GraceOfStore(ICatalogView view) => view.Totals.OfStore().ToUse();

    private static DiskUse Disk(ICatalogView view, ISpace space, TotalsRow whole)
    {
        var (free, all) = (view.UnusedBytes, view.Bytes);
        return new DiskUse(
            whole.BaseBytes, all, space.LogBytes, free, whole.TombstoneBytes, whole.GraceBytes,
            Math.Max(0, all - free - whole.TombstoneBytes - whole.GraceBytes - whole.Stored));
    }
}

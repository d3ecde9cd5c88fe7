using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>
/// Rewrites stored things one at a time: finds, reads and encodes each in a snapshot, where it holds up nobody, then puts it in place in a
/// transaction that only copies bytes. Readers of the old bytes keep a snapshot of their own.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="context">What encoding takes.</param>
/// <param name="budget">What the round may still do.</param>
/// <param name="progress">Gets the bytes of each item that was tried.</param>
/// <param name="written">Called for each item that was put in place, before it is disposed.</param>
internal sealed class RewriteLoop<TItem>(
    ICatalog catalog, RecodeContext context, WorkBudget budget, ProgressReporter progress, Action<TItem> written)
    where TItem : RewriteItem
{
    /// <summary>Items that stay as they are.</summary>
    public long Kept { get; private set; }

    /// <summary>Items that were deleted or replaced meanwhile.</summary>
    public long Skipped { get; private set; }

    /// <summary>Items that cannot be read; they are left, and tried again by the next round.</summary>
    public List<DamagedFrame> Damaged { get; } = [];

    /// <summary>Rewrites items of one kind until none is left or the budget is spent.</summary>
    /// <param name="next">Finds the first item behind a place; <see langword="null"/>: there is none.</param>
    /// <param name="cancellationToken">Ends the work early; what was written stays.</param>
    public async Task RunAsync(Func<ICatalogView, long, TItem?> next, CancellationToken cancellationToken)
    {
        for (var place = -1L; !budget.IsSpent;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (found, isPrepared) = PrepareNext(next, place, cancellationToken);
            using var item = found;
            if (item is null)
            {
                return;
            }

            place = item.Place;
            progress.Add(item.Bytes);
            if (isPrepared)
            {
                await WriteAsync(item, cancellationToken);
            }
        }
    }

    // The snapshot ends before anything is written: the log can then be emptied of what it kept alive.
    private (TItem? Item, bool IsPrepared) PrepareNext(
        Func<ICatalogView, long, TItem?> next, long place, CancellationToken cancellationToken)
    {
        using var snapshot = catalog.OpenSnapshot();
        if (next(snapshot.View, place) is not { } item || !budget.Fits(item.Bytes))
        {
            return (null, false);
        }

        try
        {
            if (item.Prepare(snapshot.View, context, cancellationToken))
            {
                return (item, true);
            }

            Kept++;
            budget.Take(item.Bytes);
        }
        catch (Exception error) when (((error as CatalogException)?.Refusal ?? error) is FishException { Kind: not ErrorKind.Unavailable })
        {
            // Damaged items come again in every round, and cost it no bytes.
            Damaged.Add(new DamagedFrame(item.Key, Problems.Of(error)));
            budget.Take(0);
        }

        return (item, false);
    }

    private async Task WriteAsync(TItem item, CancellationToken cancellationToken)
    {
        if (await catalog.WriteAsync(item.NewFrames, item.Write, cancellationToken))
        {
            budget.Take(item.Bytes);
            written(item);
        }
        else
        {
            Skipped++;
            budget.Take(0);
        }
    }
}

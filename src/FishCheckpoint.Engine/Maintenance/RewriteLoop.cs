using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance;

/// <summary>
/// Rewrites stored items one at a time. Reads and encodes each in a snapshot, which blocks nobody; then replaces it in a transaction that
/// only copies bytes. Readers of the old bytes have their own snapshots.
/// </summary>
/// <param name="catalog">The catalog.</param>
/// <param name="context">The context of the work.</param>
/// <param name="budget">The budget of the round.</param>
/// <param name="progress">Receives the bytes of each item.</param>
/// <param name="written">Called for each written item before it is disposed.</param>
internal sealed class RewriteLoop<TItem>(
    ICatalog catalog, RecodeContext context, WorkBudget budget, ProgressReporter progress, Action<TItem> written)
    where TItem : RewriteItem
{
    /// <summary>Items without a change.</summary>
    public long Kept { get; private set; }

    /// <summary>Items that were deleted or replaced meanwhile.</summary>
    public long Skipped { get; private set; }

    /// <summary>Items that cannot be read; the next round tries them again.</summary>
    public List<DamagedFrame> Damaged { get; } = [];

    /// <summary>Rewrites items of one kind until none is left or the budget is spent.</summary>
    /// <param name="next">Finds the first item after a place; <see langword="null"/> at the end.</param>
    /// <param name="cancellationToken">Cancels; written items remain.</param>
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

    // Ends the snapshot before the write, so that the log can be emptied.
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
            // Each round meets damaged items again, so they take nothing of its budget.
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

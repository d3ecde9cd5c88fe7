using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>
/// Ends the grace of what was deleted first, where the disk has too little room for a save: what can be brought back gives way to what is
/// new.
/// </summary>
internal sealed class GraceRoom(ICatalog catalog, GarbageCollector collector, EngineOptions options) : IDisposable
{
    // Of the whole disk: on a small one the reserve is no more than a part. A save, the log and the copying of the log need room at once,
    // and so does the removal itself.
    private const int ReservePart = 4;

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>Sees to it that the disk's reserve is free before something is saved, as far as that can be had.</summary>
    public async Task KeepReserveAsync(CancellationToken cancellation)
    {
        if (Missing() > 0)
        {
            await FreeAsync(Missing, cancellation);
        }
    }

    /// <summary>Frees much more of the disk than is free now, for a save that it was too full for.</summary>
    /// <returns>Whether there is more room than before.</returns>
    public async Task<bool> GrowAsync(CancellationToken cancellation)
    {
        if (options.MinFreeBytes <= 0)
        {
            return false;
        }

        var (free, total) = catalog.Space.Disk;
        var wanted = (2 * free) + Math.Min(options.MinFreeBytes, total / ReservePart);
        return await FreeAsync(() => wanted - catalog.Space.Disk.Free, cancellation) > 0;
    }

    /// <summary>Gives so many bytes back to the disk; none where what can be brought back does not take that many.</summary>
    /// <returns>The bytes by which the database's files have shrunk.</returns>
    public async Task<long> FreeAsync(long bytes, CancellationToken cancellation)
    {
        var before = catalog.Space.FileBytes;
        var there = catalog.Read(view => StorageReporter.GraceOfStore(view).Bytes + view.UnusedBytes);
        return there < bytes ? 0 : await FreeAsync(() => bytes - (before - catalog.Space.FileBytes), cancellation);
    }

    public void Dispose() => turn.Dispose();

    private async Task<long> FreeAsync(Func<long> missing, CancellationToken cancellation)
    {
        var before = catalog.Space.FileBytes;
        await turn.WaitAsync(cancellation);
        try
        {
            // What nothing uses goes first.
            if (missing() > 0 && HasGrace())
            {
                await catalog.Space.ReturnAsync(() => missing() > 0, cancellation);
            }

            while (missing() is > 0 and var bytes && await collector.EndOldestAsync(bytes, cancellation))
            {
            }
        }
        catch (FishException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // Even that takes a little room. What is saved now finds the disk as it is.
        }
        finally
        {
            turn.Release();
        }

        return Math.Max(0, before - catalog.Space.FileBytes);
    }

    private long Missing()
    {
        if (options.MinFreeBytes <= 0)
        {
            return 0;
        }

        var (free, total) = catalog.Space.Disk;
        return Math.Min(options.MinFreeBytes, total / ReservePart) - free;
    }

    private bool HasGrace() => catalog.Read(view => StorageReporter.GraceOfStore(view).Checkpoints > 0);
}

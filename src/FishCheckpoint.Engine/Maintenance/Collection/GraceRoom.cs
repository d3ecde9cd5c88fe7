using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Reports;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Engine.Maintenance.Collection;

/// <summary>Ends the grace of the oldest deletions if the disk has too little space for a save: new data has priority over undo.</summary>
internal sealed class GraceRoom(ICatalog catalog, GarbageCollector collector, EngineOptions options) : IDisposable
{
    // On a small disk the reserve is at most this part of it. A save, the log, its checkpoint and the removal itself need space at the same
    // time.
    private const int ReservePart = 4;

    private readonly SemaphoreSlim turn = new(1, 1);

    /// <summary>Frees the disk's reserve before a save, as far as possible.</summary>
    public async Task KeepReserveAsync(CancellationToken cancellationToken)
    {
        if (Missing() > 0)
        {
            await FreeAsync(Missing, cancellationToken);
        }
    }

    /// <summary>Frees twice the present free space, for a save on a full disk.</summary>
    /// <returns>Whether any bytes were freed.</returns>
    public async Task<bool> GrowAsync(CancellationToken cancellationToken)
    {
        if (options.MinFreeBytes <= 0)
        {
            return false;
        }

        var (free, total) = catalog.Space.Disk;
        var wanted = (2 * free) + Math.Min(options.MinFreeBytes, total / ReservePart);
        return await FreeAsync(() => wanted - catalog.Space.Disk.Free, cancellationToken) > 0;
    }

    /// <summary>Returns bytes to the disk; none if all deletions together have fewer.</summary>
    /// <returns>The bytes by which the database's files shrank.</returns>
    public async Task<long> FreeAsync(long bytes, CancellationToken cancellationToken)
    {
        var before = catalog.Space.FileBytes;
        var there = catalog.Read(view => StorageReporter.GraceOfStore(view).Bytes + view.UnusedBytes);
        return there < bytes ? 0 : await FreeAsync(() => bytes - (before - catalog.Space.FileBytes), cancellationToken);
    }

    public void Dispose() => turn.Dispose();

    private async Task<long> FreeAsync(Func<long> missing, CancellationToken cancellationToken)
    {
        var before = catalog.Space.FileBytes;
        await turn.WaitAsync(cancellationToken);
        try
        {
            // Returns unused bytes first.
            if (missing() > 0 && HasGrace())
            {
                await catalog.Space.ReturnAsync(() => missing() > 0, cancellationToken);
            }

            while (missing() is > 0 and var bytes && await collector.EndOldestAsync(bytes, cancellationToken))
            {
            }
        }
        catch (FishException error) when (error.Kind == ErrorKind.Unavailable)
        {
            // The removal itself needs some space. The save continues on the disk as it is.
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

using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Health;

/// <summary>
/// Whether the server can serve the next request: it is not stopping, the store is readable, and the disk accepts writes.
/// </summary>
internal sealed class Readiness(
    Func<CheckpointStore> opened, IMaintenance verification, EngineOptions options, IHostApplicationLifetime lifetime)
{
    // Written and deleted: a full disk often still accepts an empty file.
    private const int ProbeBytes = 1 << 16;

    /// <summary>Returns when everything is ready.</summary>
    /// <exception cref="FishException">Something is not ready: <see cref="ErrorCode.ServerUnavailable"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/> and errors of the store.</exception>
    public async Task RequireAsync(CancellationToken cancellation)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, "server", "The server is shutting down.", "Use another one, or try again when it is back.");
        }

        opened().RequireInPlace();
        await opened().Tasks.ListAsync(new PageRequest(1), cancellation).ReadPageAsync();
        if (IsReadOnly)
        {
            return;
        }

        try
        {
            await WriteProbeAsync(cancellation);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, "data folder", error.Message, "Check the disk's space and permissions.", error);
        }
    }

    /// <summary>Whether the store is read-only. It still counts as ready, for reading.</summary>
    public bool IsReadOnly => opened().IsReadOnly;

    /// <summary>
    /// The number of stored items with known damage. A damaged store still counts as ready: it serves everything else, and stopping the
    /// server would repair nothing.
    /// </summary>
    /// <returns><see langword="null"/>: the list of damage cannot be read.</returns>
    public async Task<int?> DamagedAsync(CancellationToken cancellation)
    {
        try
        {
            return (await verification.ListDamageAsync(cancellation)).Count;
        }
        catch (FishException)
        {
            return null;
        }
    }

    private async Task WriteProbeAsync(CancellationToken cancellation)
    {
        var path = Path.Combine(options.TemporaryFolder, $"{Guid.NewGuid():N}.probe");
        await using var probe = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        await probe.WriteAsync(new byte[ProbeBytes], cancellation);
    }
}

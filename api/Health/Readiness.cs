using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;

namespace FishCheckpoint.Api.Health;

/// <summary>
/// Whether the next request would be served: the server is not stopping, the store can be read, and the disk takes bytes.
/// </summary>
internal sealed class Readiness(
    Func<CheckpointStore> opened, IMaintenance verification, EngineOptions options, IHostApplicationLifetime lifetime)
{
    // Written and thrown away: a full disk often still takes an empty file.
    private const int ProbeBytes = 1 << 16;

    /// <summary>Returns when everything is ready.</summary>
    /// <exception cref="FishException">Something is not: <see cref="ErrorCode.ServerUnavailable"/>,
    /// <see cref="ErrorCode.StorageUnavailable"/> and the store's own.</exception>
    public async Task RequireAsync(CancellationToken cancellation)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw new FishException(
                ErrorCode.ServerUnavailable, "server", "The server stops.", "Ask another one, or try again when it is back.");
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

    /// <summary>Whether the store can only be read. It is ready all the same, for reading.</summary>
    public bool IsReadOnly => opened().IsReadOnly;

    /// <summary>
    /// How many stored things are known to be damaged. A store with some is ready all the same: what they do not touch is served, and
    /// taking the server away would mend nothing.
    /// </summary>
    /// <returns><see langword="null"/>: what is known cannot be read.</returns>
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

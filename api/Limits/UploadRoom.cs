using System.Threading.RateLimiting;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// The shared space of all uploads: their number, the size of temporary files, and the disk space to leave free. An announced length is
/// reserved before its first byte is read; a body without one reserves a step at a time. Bytes are counted here, because a rate limiter
/// counts only to an int and ignores disks.
/// </summary>
internal sealed class UploadRoom(FishSettings settings, IDiskSpace disk) : IDisposable
{
    /// <summary>Bytes between two checks of the disk.</summary>
    public const long Step = 16L << 20;

    private readonly FishSettings.LimitSettings limits = settings.Limits;
    private readonly string dataFolder = Path.GetFullPath(settings.DataFolder);
    private readonly Lock gate = new();
    private readonly ConcurrencyLimiter uploads = new(
        RequestLimit.AtOnce(settings.Limits.MaxConcurrentUploads, nameof(FishSettings.LimitSettings.MaxConcurrentUploads)));

    private long reserved;
    private long received;

    /// <summary>Bytes currently reserved for uploads.</summary>
    public long Reserved
    {
        get
        {
            lock (gate)
            {
                return reserved;
            }
        }
    }

    /// <summary>Begins an upload.</summary>
    /// <returns>Its part of the space; the caller disposes it after the upload's temporary files are deleted.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TooManyRequests"/>.</exception>
    public UploadLease Enter()
    {
        var permit = uploads.AttemptAcquire();
        return permit.IsAcquired ? new UploadLease(this, permit) : throw new FishException(
            ErrorCode.TooManyRequests, "uploads", $"The server has reached its limit of {limits.MaxConcurrentUploads} concurrent uploads.",
            "Try again in a moment.");
    }

    /// <summary>Bytes that uploads leave free.</summary>
    public long KeptFree => limits.MinFreeBytes;

    /// <summary>Bytes that the disk lacks for an upload; 0 if no space must stay free.</summary>
    /// <param name="more">Its announced length.</param>
    public long Missing(long more)
    {
        lock (gate)
        {
            return limits.MinFreeBytes <= 0 ? 0 : limits.MinFreeBytes + reserved - received + more - disk.FreeBytes(dataFolder);
        }
    }

    public void Dispose() => uploads.Dispose();

    internal void Reserve(long bytes)
    {
        lock (gate)
        {
            if (bytes > limits.MaxTemporaryBytes - reserved)
            {
                throw Full(
                    $"Uploads need {bytes} bytes more than the {reserved} of {limits.MaxTemporaryBytes} reserved bytes.");
            }

            RequireFree(bytes);
            reserved += bytes;
        }
    }

    internal void Receive(long bytes, bool look)
    {
        lock (gate)
        {
            received += bytes;
            if (look)
            {
                RequireFree(0);
            }
        }
    }

    internal void Leave(long reservedBytes, long receivedBytes)
    {
        lock (gate)
        {
            reserved -= reservedBytes;
            received -= receivedBytes;
        }
    }

    // Received bytes are already on the disk; the rest of the reservation is still to come.
    private void RequireFree(long more)
    {
        var (free, coming) = (disk.FreeBytes(dataFolder), reserved - received);
        if (free - coming - more < limits.MinFreeBytes)
        {
            throw Full($"The disk has {free} free bytes, {coming} of them reserved for uploads; {limits.MinFreeBytes} must stay free.");
        }
    }

    private static FishException Full(string cause) => new(
        ErrorCode.InsufficientStorage, "data folder", cause,
        "Free some space, or try again after other uploads end; nothing was stored.");
}

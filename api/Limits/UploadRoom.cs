using System.Threading.RateLimiting;
using FishCheckpoint.Api.Settings;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Api.Limits;

/// <summary>
/// The room that uploads have together: how many at once, how many bytes of temporary files, and how much of the disk is left alone. An
/// announced length is set aside before a byte of it is read; a body without one sets aside a step at a time. Bytes are counted here by
/// hand: a rate limiter counts up to an int, and looks at no disk.
/// </summary>
internal sealed class UploadRoom(FishSettings settings, IDiskSpace disk) : IDisposable
{
    /// <summary>Bytes between two looks at the disk.</summary>
    public const long Step = 16L << 20;

    private readonly FishSettings.LimitSettings limits = settings.Limits;
    private readonly string dataFolder = Path.GetFullPath(settings.DataFolder);
    private readonly Lock gate = new();
    private readonly ConcurrencyLimiter uploads = new(
        RequestLimit.AtOnce(settings.Limits.MaxConcurrentUploads, nameof(FishSettings.LimitSettings.MaxConcurrentUploads)));

    private long reserved;
    private long received;

    /// <summary>Bytes that are set aside for uploads now.</summary>
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
    /// <returns>Its part of the room; the caller disposes it when the upload's temporary files are gone.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.TooManyRequests"/>.</exception>
    public UploadLease Enter()
    {
        var permit = uploads.AttemptAcquire();
        return permit.IsAcquired ? new UploadLease(this, permit) : throw new FishException(
            ErrorCode.TooManyRequests, "uploads", $"The server takes {limits.MaxConcurrentUploads} uploads at once.",
            "Try again in a moment.");
    }

    /// <summary>Bytes that uploads leave free.</summary>
    public long KeptFree => limits.MinFreeBytes;

    /// <summary>Bytes that the disk lacks for an upload; none where nothing is to stay free.</summary>
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
                    $"Uploads would take {bytes} bytes more than the {reserved} that they have set aside of {limits.MaxTemporaryBytes}.");
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

    // What was received is on the disk already; what was set aside beyond that is still to come.
    private void RequireFree(long more)
    {
        var (free, coming) = (disk.FreeBytes(dataFolder), reserved - received);
        if (free - coming - more < limits.MinFreeBytes)
        {
            throw Full($"The disk has {free} bytes free, {coming} of them set aside for uploads; {limits.MinFreeBytes} are to stay free.");
        }
    }

    private static FishException Full(string cause) => new(
        ErrorCode.InsufficientStorage, "data folder", cause,
        "Free some space, or try again when other uploads are done; nothing was stored.");
}

using FishCheckpoint.Api.Settings;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FishCheckpoint.Api.Limits;

/// <summary>The lowest speeds of request bodies and of reading responses.</summary>
internal static class DataRates
{
    /// <summary>
    /// How far a response may be ahead of its client: enough blocks to rebuild one while others are sent. Kestrel continues at half of it.
    /// </summary>
    public const int WriteAheadBytes = 4 * Blocks.Size;

    // A stalled reader keeps a snapshot, and so the log, for this long.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>The lowest rate of bodies; <see langword="null"/>: no limit.</summary>
    public static MinDataRate? OfBodies(FishSettings.LimitSettings limits) =>
        limits.MinBytesPerSecond > 0 ? new MinDataRate(limits.MinBytesPerSecond, limits.SlowFor) : null;

    /// <summary>
    /// The lowest rate of responses; <see langword="null"/>: no limit. Blocks are rebuilt in the connection's own memory, so Kestrel's
    /// timer sees only the wait for buffer space, not their length. Space becomes free in pieces of its buffer and the socket's, and the
    /// slowest allowed reader must have time for one.
    /// </summary>
    public static MinDataRate? OfAnswers(FishSettings.LimitSettings limits)
    {
        if (limits.MinBytesPerSecond <= 0)
        {
            return null;
        }

        var piece = 2.0 * WriteAheadBytes / limits.MinBytesPerSecond;
        return new MinDataRate(limits.MinBytesPerSecond, limits.SlowFor + TimeSpan.FromSeconds(Math.Min(piece, LongestWait.TotalSeconds)));
    }
}

using FishCheckpoint.Api.Settings;
using FishCheckpoint.Tensors;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace FishCheckpoint.Api.Limits;

/// <summary>How slowly bodies may come and answers may be read.</summary>
internal static class DataRates
{
    /// <summary>
    /// What a connection may be ahead of its client: enough blocks that one is rebuilt while others are sent. Kestrel goes on at half of
    /// it.
    /// </summary>
    public const int WriteAheadBytes = 4 * Blocks.Size;

    // A reader who takes nothing at all keeps a snapshot, and so the log, for as long as this.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>The rate of bodies; <see langword="null"/>: any.</summary>
    public static MinDataRate? OfBodies(FishSettings.LimitSettings limits) =>
        limits.MinBytesPerSecond > 0 ? new MinDataRate(limits.MinBytesPerSecond, limits.SlowFor) : null;

    /// <summary>
    /// The rate of answers; <see langword="null"/>: any. Blocks are rebuilt in the connection's own memory, and Kestrel's clock does not
    /// see their length: it only sees that room is waited for. That comes in pieces, of its buffer and of the socket's, which a reader at
    /// the slowest rate has to have time for.
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

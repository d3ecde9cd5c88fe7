using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>
/// Fetches the delta from a local model to a checkpoint, and checks it as far as that goes before it is laid on anything.
/// </summary>
internal static class PullDelta
{
    /// <summary>Fetches it.</summary>
    /// <param name="deltas">Gives deltas.</param>
    /// <param name="from">The local model.</param>
    /// <param name="wanted">The checkpoint.</param>
    /// <param name="maxBytes">The most bytes that it may have.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The delta, which the caller disposes; or why there is none.</returns>
    public static async Task<(EncodedDelta? Delta, string Because)> FetchAsync(
        IStates deltas, PulledManifest from, CheckpointInfo wanted, long maxBytes, CancellationToken cancellation)
    {
        EncodedDelta? delta;
        try
        {
            delta = await deltas.OpenDeltaAsync(wanted.Task, StepRef.At(wanted.Step), StepRef.At(from.Step), maxBytes, cancellation);
        }
        catch (FishException error) when (error.Kind is ErrorKind.NotFound or ErrorKind.Corrupt || IsDamaged(error))
        {
            return (null, $"there is no delta from step {from.Step}: {error.Cause}");
        }

        if (delta is null)
        {
            return (null, $"the delta from step {from.Step} is larger");
        }

        if (delta.Parent == from.State && delta.Mask is not null)
        {
            return (delta, "");
        }

        delta.Dispose();
        return (null, $"step {from.Step} is not the state any more that is here");
    }

    /// <summary>Reads it once, with all its digests.</summary>
    /// <returns>What is wrong with it; <see langword="null"/>: nothing.</returns>
    public static string? FindDamage(EncodedDelta delta, Layout layout, CancellationToken cancellation)
    {
        try
        {
            using var decoder = new DeltaDecoder(delta.Mask!, delta.Values, layout, null);
            var chunk = new DeltaChunk();
            while (decoder.Read(chunk))
            {
                cancellation.ThrowIfCancellationRequested();
            }

            return null;
        }
        catch (FishException error) when (error.Kind != ErrorKind.Unavailable)
        {
            return $"the delta cannot be read: {error.Cause}";
        }
    }

    // Frames that came otherwise than they were sent.
    private static bool IsDamaged(FishException error) =>
        error.Code is ErrorCode.CorruptFrame or ErrorCode.FrameInvalid or ErrorCode.FrameTooLarge or ErrorCode.BodyTruncated;
}

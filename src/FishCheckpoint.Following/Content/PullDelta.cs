using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Following.Folders;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Content;

/// <summary>Downloads the delta from a local model to a checkpoint and checks it before any use.</summary>
internal static class PullDelta
{
    /// <summary>Downloads the delta.</summary>
    /// <param name="deltas">The source of deltas.</param>
    /// <param name="from">The local model.</param>
    /// <param name="wanted">The checkpoint.</param>
    /// <param name="maxBytes">The largest size accepted, in bytes.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <returns>The delta, which the caller disposes; or the reason why there is none.</returns>
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
        return (null, $"the store has another state of step {from.Step} than this folder");
    }

    /// <summary>Reads the delta once and verifies its digests.</summary>
    /// <returns>What is wrong; <see langword="null"/>: nothing.</returns>
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

    // The frames were damaged on the way.
    private static bool IsDamaged(FishException error) =>
        error.Code is ErrorCode.CorruptFrame or ErrorCode.FrameInvalid or ErrorCode.FrameTooLarge or ErrorCode.BodyTruncated;
}

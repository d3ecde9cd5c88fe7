using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>What values of the next frame are guessed to be, given those of the last frame and the one before it, chunk by chunk. Holds
/// both.</summary>
internal sealed class Predictions
{
    private byte[] before = [];
    private byte[] last = [];

    /// <summary>Guesses from the values of the last frame, and takes note of them.</summary>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="values">The values of the last frame.</param>
    /// <param name="move">How far the last move goes on; 0: not at all.</param>
    /// <returns>The guess; valid until the next call.</returns>
    public ReadOnlySpan<byte> Next(DType type, ReadOnlySpan<byte> values, byte move)
    {
        if (last.Length < values.Length)
        {
            (before, last) = (new byte[DeltaChunk.Capacity * sizeof(ulong)], new byte[DeltaChunk.Capacity * sizeof(ulong)]);
        }

        var predicted = last.AsSpan(0, values.Length);
        if (move == 0)
        {
            values.CopyTo(predicted);
        }
        else
        {
            Ulp.Extrapolate(type, before.AsSpan(0, values.Length), values, move, predicted);
        }

        values.CopyTo(before);
        return predicted;
    }
}

using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Predicts the values of the next frame from the last two frames, chunk by chunk. Keeps both.</summary>
internal sealed class Predictions
{
    private byte[] before = [];
    private byte[] last = [];

    /// <summary>Records the values of the last frame and predicts the next ones.</summary>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="values">The values of the last frame.</param>
    /// <param name="move">The extrapolation; 0 for no change.</param>
    /// <returns>The predictions; valid until the next call.</returns>
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

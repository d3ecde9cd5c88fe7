using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The values of earlier checkpoints at a mask's positions, in their order.</summary>
/// <param name="Last">The values of the latest checkpoint.</param>
/// <param name="Before">The values of the one before it, which <paramref name="Last"/> was predicted from; <see langword="null"/> if it was
/// not predicted.</param>
public sealed record EarlierValues(ReadOnlyMemory<byte> Last, ReadOnlyMemory<byte>? Before)
{
    /// <summary>The extrapolations, as shares of the last change. Their order is part of the format.</summary>
    internal static ReadOnlySpan<byte> Moves => [0, 1, 2];

    /// <summary>Predicts the next values: each continues by a share of its last change.</summary>
    /// <param name="type">The dtype of the values.</param>
    /// <param name="offset">The offset of the first byte.</param>
    /// <param name="move">0: no change; 1: a quarter of the last change; 2: half.</param>
    /// <param name="predicted">Filled.</param>
    internal void Predict(DType type, int offset, byte move, Span<byte> predicted)
    {
        var last = Last.Span.Slice(offset, predicted.Length);
        if (move > 0 && Before is { } before)
        {
            Ulp.Extrapolate(type, before.Span.Slice(offset, predicted.Length), last, move, predicted);
        }
        else
        {
            last.CopyTo(predicted);
        }
    }
}

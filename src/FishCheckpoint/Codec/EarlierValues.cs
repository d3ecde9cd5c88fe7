using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>The values that earlier checkpoints have at the positions of a mask, in their order.</summary>
/// <param name="Last">Those of the last one.</param>
/// <param name="Before">Those of the one that it is guessed from; <see langword="null"/> where it is guessed from none.</param>
public sealed record EarlierValues(ReadOnlyMemory<byte> Last, ReadOnlyMemory<byte>? Before)
{
    /// <summary>How far values are expected to go on: as shares of how far they last went. The place in this list is part of the
    /// format.</summary>
    internal static ReadOnlySpan<byte> Moves => [0, 1, 2];

    /// <summary>What is expected of the next values: that each goes on a part of the way that it last went.</summary>
    /// <param name="type">Their dtype.</param>
    /// <param name="offset">The byte that they begin at.</param>
    /// <param name="move">0: that it stays; 1: a quarter; 2: half.</param>
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

using System.Runtime.Intrinsics;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Codec;

/// <summary>Positions as gaps of any distribution (docs/reference/format/blocks.md, "Positions by gaps"). Owns working memory.</summary>
internal sealed class GapCoder
{
    private readonly MagnitudeCoder coder = new();
    private uint[] gaps = [];

    /// <summary>Estimates the encoded length in bytes.</summary>
    public double Estimate(ReadOnlySpan<int> positions)
    {
        Take(positions);
        return coder.Estimate<uint>(gaps.AsSpan(0, positions.Length));
    }

    /// <summary>Encodes positions; the first gap starts at -1.</summary>
    public int Encode(ReadOnlySpan<int> positions, Span<byte> destination)
    {
        Take(positions);
        return coder.Encode<uint>(gaps.AsSpan(0, positions.Length), signed: false, [], 1, destination);
    }

    /// <summary>Decodes positions: the inverse of <see cref="Encode"/>.</summary>
    /// <param name="source">The encoded bytes; advanced past the positions.</param>
    /// <param name="limit">The exclusive upper bound of positions.</param>
    /// <param name="positions">Filled completely.</param>
    public void Decode(ref ReadOnlySpan<byte> source, int limit, Span<int> positions)
    {
        Reserve(positions.Length);
        var taken = gaps.AsSpan(0, positions.Length);
        var read = coder.Decode(source, signed: false, [], 1, taken);
        var next = 0L;
        for (var index = 0; index < positions.Length && read >= 0; index++)
        {
            next += taken[index];
            read = next < limit ? read : -1;
            positions[index] = (int)next++;
        }

        source = read >= 0 ? source[read..] : throw new FishException(
            ErrorCode.CorruptFrame, "block", "The gaps exceed the block.", "The frame is damaged or malicious; send it again.");
    }

    private void Take(ReadOnlySpan<int> positions)
    {
        Reserve(positions.Length);
        gaps[0] = (uint)positions[0];
        var index = 1;
        for (; index <= positions.Length - Vector256<int>.Count; index += Vector256<int>.Count)
        {
            var (before, at) = (Vector256.LoadUnsafe(in positions[index - 1]), Vector256.LoadUnsafe(in positions[index]));
            (at + ~before).AsUInt32().StoreUnsafe(ref gaps[index]);
        }

        for (; index < positions.Length; index++)
        {
            gaps[index] = (uint)(positions[index] - positions[index - 1] - 1);
        }
    }

    private void Reserve(int count) => gaps = gaps.Length < count ? new uint[count] : gaps;
}

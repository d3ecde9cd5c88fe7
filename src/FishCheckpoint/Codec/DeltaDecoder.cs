using System.Security.Cryptography;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Codec;

/// <summary>Reads a delta from its frames: the inverse of <see cref="DeltaEncoder"/>. Checks the frames' digests at the end.</summary>
internal sealed class DeltaDecoder : IDeltaReader, IDisposable
{
    private readonly MaskDecoder mask;
    private readonly FrameHead valuesHead;
    private readonly ParentValues? parentValues;
    private readonly IncrementalHash valuesDigest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ChunkCoder coder = new();
    private readonly byte[] encoded = new byte[ChunkCoder.MaxEncoded];
    private readonly byte[] others = new byte[DeltaChunk.Capacity * sizeof(ulong)];
    private readonly ValueFrames values;
    private int next;
    private bool ended;

    /// <summary>Opens the frames and checks their indexes; chunks are checked when they are read.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="values">The values' frame.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="parent">The parent state; required if values are stored as differences.</param>
    /// <exception cref="FishException">A frame is damaged, malicious, or for another layout.</exception>
    public DeltaDecoder(IFrame mask, IFrame values, Layout layout, IBlockReader? parent)
        : this(mask, [values], layout, parent)
    {
    }

    /// <summary>Opens frames of values that may be predicted from earlier checkpoints with the same mask.</summary>
    /// <param name="mask">The mask's frame.</param>
    /// <param name="values">The frames of values, earliest first; the last is the delta's own.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="parent">The parent state; required if values are stored as differences.</param>
    /// <exception cref="FishException">A frame is damaged, malicious, or for another layout.</exception>
    public DeltaDecoder(IFrame mask, IReadOnlyList<IFrame> values, Layout layout, IBlockReader? parent)
    {
        (this.mask, Layout) = (new MaskDecoder(mask, layout), layout);
        valuesHead = FrameHead.Parse(values[^1].Head);
        this.values = new ValueFrames(values, this.mask.Head, [.. this.mask.Entries]);
        parentValues = parent is null ? null : new ParentValues(parent);
    }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <inheritdoc/>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>: a chunk, or at the end a digest, is wrong;
    /// <see cref="ErrorCode.BaseMismatch"/>: the values are differences and the parent is missing.</exception>
    public bool Read(DeltaChunk chunk)
    {
        if (mask.Next is not { } entry)
        {
            chunk.Reset(-1, 1);
            if (!ended)
            {
                CheckDigests();
            }

            ended = true;
            return false;
        }

        chunk.Reset(entry.Tensor, Layout.Tensors[entry.Tensor].UnitSize);
        chunk.Append(entry.Count, out var positions, out var newValues);
        mask.ReadNext(positions);
        DecodeValues(chunk, newValues);
        valuesDigest.AppendData(newValues);
        next++;
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        mask.Dispose();
        valuesDigest.Dispose();
    }

    private void DecodeValues(DeltaChunk chunk, Span<byte> newValues)
    {
        var map = values.Read(coder, encoded, next, Layout.Tensors[chunk.Tensor].Type, newValues);
        if (map == ValueMap.Plain)
        {
            return;
        }

        if (parentValues is null)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, "values", "The values are differences to a parent, which is missing.",
                "Give the parent state.");
        }

        var parent = others.AsSpan(0, newValues.Length);
        parentValues.Gather(chunk.Tensor, chunk.Positions, parent);
        ValueMaps.Unmap(map, Layout.Tensors[chunk.Tensor].Type, newValues, parent, newValues);
    }

    private void CheckDigests()
    {
        if (mask.Finish() != valuesHead.Digests[1] || Digest.Finish(valuesDigest) != valuesHead.Digests[3])
        {
            throw new FishException(
                ErrorCode.CorruptFrame, "frames", "The digest of the positions or values does not match the frame.",
                "Send the frames again.");
        }
    }
}

using System.Buffers.Binary;
using System.IO.Pipelines;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Writes a delta as a sparse patch, the inverse of <see cref="SparsePatchReader"/>: for each changed tensor <c>NAME.indices</c> [n] (I32
/// if all positions of the patch fit, else I64; flat, ascending) and <c>NAME.values</c> [n] in the tensor's dtype (U8 for packed dtypes).
/// </summary>
/// <remarks>The header needs only the frames' index. The data are written in order of decreasing width, like the reference writer does, so
/// that every tensor is aligned in a mapped file. The frames are therefore decoded once for the indices, and once per width of
/// values.</remarks>
internal sealed class SparsePatchWriter
{
    /// <summary>The value of <c>__metadata__.format</c> in a patch.</summary>
    public const string Format = "fishcheckpoint-patch";

    private readonly EncodedDelta delta;
    private readonly Layout layout;
    private readonly Part[] parts;

    /// <summary>Prepares a patch. Reads only the frames' indexes.</summary>
    /// <param name="delta">The frames, with their mask and plain values. Not owned; read again by <see cref="WriteToAsync"/>.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c> in addition to <c>format</c>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.MaskUnknown"/>: the mask is missing; or the frames are damaged or have another
    /// layout.</exception>
    public SparsePatchWriter(EncodedDelta delta, Layout layout, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        (this.delta, this.layout) = (delta, layout);
        var (mask, head) = (delta.Mask, delta.MaskHead);
        if (mask is null || head is null)
        {
            throw new FishException(ErrorCode.MaskUnknown, delta.MaskId.ToString(), "The frames have no mask.",
                "Send the mask's frame with the values' frame.");
        }

        parts = PartsOf(ChunkIndex.ReadMask(mask, head, layout), layout);
        var entries = new Dictionary<string, string>(metadata ?? [], StringComparer.Ordinal) { ["format"] = Format };
        Header = HeaderWriter.Create(parts.Select(part => part.Info), entries);
    }

    /// <summary>The patch's header; its <see cref="SafetensorsHeader.FileLength"/> is the patch's length.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>Writes the patch. Memory is bounded by one chunk.</summary>
    /// <param name="destination">Written and flushed incrementally; not completed.</param>
    /// <param name="cancellation">Cancels the copy.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    /// <exception cref="OperationCanceledException">The operation was cancelled, or the reader closed the destination.</exception>
    public async Task WriteToAsync(PipeWriter destination, CancellationToken cancellation = default)
    {
        await destination.WriteAsync(Header.ToFileBytes(), cancellation);
        var chunk = new DeltaChunk();
        foreach (var pass in parts.GroupBy(part => (part.IsIndices, part.Width)))
        {
            using var decoder = new DeltaDecoder(delta.Mask!, delta.Values, layout, parent: null);
            while (decoder.Read(chunk))
            {
                if (pass.Key.IsIndices || chunk.UnitSize == pass.Key.Width)
                {
                    Write(chunk, pass.Key.IsIndices, pass.Key.Width, destination);
                    await FlushAsync(destination, cancellation);
                }
            }
        }
    }

    private static Part[] PartsOf(ChunkEntry[] entries, Layout layout)
    {
        var indices = Array.TrueForAll(entries, entry => entry.Last <= int.MaxValue) ? DType.I32 : DType.I64;
        var tensors = entries.GroupBy(entry => layout.Tensors[entry.Tensor])
            .Select(group => (Tensor: group.Key, Count: group.Sum(entry => (long)entry.Count)));
        return [.. tensors.SelectMany(changed => PairOf(changed.Tensor, changed.Count, indices)).OrderByDescending(part => part.Width)
            .ThenBy(part => !part.IsIndices)];
    }

    private static IEnumerable<Part> PairOf(TensorInfo tensor, long count, DType indices)
    {
        var values = DTypes.BitsOf(tensor.Type) < 8 ? DType.U8 : tensor.Type;
        yield return new Part(new TensorInfo(tensor.Name + SparsePatchReader.IndicesSuffix, indices, [count]), IsIndices: true);
        yield return new Part(new TensorInfo(tensor.Name + SparsePatchReader.ValuesSuffix, values, [count]), IsIndices: false);
    }

    private static void Write(DeltaChunk chunk, bool indices, int width, PipeWriter destination)
    {
        var target = destination.GetSpan(chunk.Count * width)[..(chunk.Count * width)];
        if (indices)
        {
            WritePositions(chunk.Positions, width, target);
        }
        else
        {
            chunk.Values.CopyTo(target);
        }

        destination.Advance(target.Length);
    }

    private static void WritePositions(ReadOnlySpan<long> positions, int width, Span<byte> target)
    {
        for (var index = 0; index < positions.Length; index++)
        {
            if (width == sizeof(int))
            {
                BinaryPrimitives.WriteInt32LittleEndian(target[(index * sizeof(int))..], (int)positions[index]);
            }
            else
            {
                BinaryPrimitives.WriteInt64LittleEndian(target[(index * sizeof(long))..], positions[index]);
            }
        }
    }

    private static async Task FlushAsync(PipeWriter destination, CancellationToken cancellation)
    {
        var flushed = await destination.FlushAsync(cancellation);
        if (flushed.IsCanceled || flushed.IsCompleted)
        {
            throw new OperationCanceledException("The reader closed the destination.");
        }
    }

    private readonly record struct Part(TensorInfo Info, bool IsIndices)
    {
        public int Width => Info.UnitSize;
    }
}

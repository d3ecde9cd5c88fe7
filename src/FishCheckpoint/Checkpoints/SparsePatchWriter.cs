using System.Buffers.Binary;
using System.IO.Pipelines;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Checkpoints;

/// <summary>
/// Writes a delta as a sparse patch, the mirror of <see cref="SparsePatchReader"/>: for each changed tensor <c>NAME.indices</c> [n] (I32
/// where every position of the patch fits, else I64; flat, ascending) and <c>NAME.values</c> [n] in the tensor's dtype (U8 for packed
/// dtypes).
/// </summary>
/// <remarks>
/// The header is known from the frames' index alone. The data are written wider types first, as the reference writer does, so that readers
/// that map the file find every tensor aligned: the frames are decoded once for the indices, and once for each width of values.
/// </remarks>
internal sealed class SparsePatchWriter
{
    /// <summary>What <c>__metadata__.format</c> says of a patch written here.</summary>
    public const string Format = "fishcheckpoint-patch";

    private readonly EncodedDelta delta;
    private readonly Layout layout;
    private readonly Part[] parts;

    /// <summary>Prepares a patch; only the frames' indices are read here.</summary>
    /// <param name="delta">The frames, with their mask and plain values. Not owned; read again by <see cref="WriteToAsync"/>.</param>
    /// <param name="layout">The layout that positions refer to.</param>
    /// <param name="metadata">Entries of <c>__metadata__</c> besides <c>format</c>.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.MaskUnknown"/>: the mask is left out; or the frames are damaged or for another
    /// layout.</exception>
    public SparsePatchWriter(EncodedDelta delta, Layout layout, IEnumerable<KeyValuePair<string, string>>? metadata = null)
    {
        (this.delta, this.layout) = (delta, layout);
        var (mask, head) = (delta.Mask, delta.MaskHead);
        if (mask is null || head is null)
        {
            throw new FishException(ErrorCode.MaskUnknown, delta.MaskId.ToString(), "The frames leave their mask out.",
                "Bring the mask's frame with the values'.");
        }

        parts = PartsOf(ChunkIndex.ReadMask(mask, head, layout), layout);
        var entries = new Dictionary<string, string>(metadata ?? [], StringComparer.Ordinal) { ["format"] = Format };
        Header = HeaderWriter.Create(parts.Select(part => part.Info), entries);
    }

    /// <summary>The patch's header; its <see cref="SafetensorsHeader.FileLength"/> is the length of what is written.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>Writes the patch, in memory bounded by one chunk.</summary>
    /// <param name="destination">Written and flushed as it goes, not completed.</param>
    /// <param name="cancellation">Ends the copy early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.CorruptFrame"/>.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or nobody reads the destination any more.</exception>
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
            throw new OperationCanceledException("The destination is not read any more.");
        }
    }

    private readonly record struct Part(TensorInfo Info, bool IsIndices)
    {
        public int Width => Info.UnitSize;
    }
}

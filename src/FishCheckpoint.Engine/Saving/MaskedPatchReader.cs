using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// Reads a sparse patch without positions: <c>__metadata__.mask</c> names a stored mask, and each tensor of the mask has its values in
/// <c>NAME.values</c> [n]. Half the size of a patch with positions, for trainers with a fixed mask.
/// </summary>
internal sealed class MaskedPatchReader : IDeltaReader, IDisposable
{
    /// <summary>The key in <c>__metadata__</c> with the mask's id.</summary>
    public const string MaskKey = "mask";

    private const string Hint = "A patch that names a mask has NAME.values [n] for each tensor of that mask, and nothing else.";

    private readonly SafetensorsFile file;
    private readonly MaskDecoder mask;
    private readonly Dictionary<int, long> places = [];
    private int current = -1;
    private long next;

    /// <summary>Opens a patch and compares its header with the mask.</summary>
    /// <param name="file">The patch; the caller owns it.</param>
    /// <param name="mask">The frame of the named mask.</param>
    /// <param name="layout">The task layout.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.TensorUnknown"/>, <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>, <see cref="ErrorCode.PatchInvalid"/>; or the frame is for another layout.</exception>
    public MaskedPatchReader(SafetensorsFile file, IFrame mask, Layout layout)
    {
        (this.file, this.mask, Layout) = (file, new MaskDecoder(mask, layout), layout);
        var counts = this.mask.Entries.GroupBy(entry => entry.Tensor)
            .ToDictionary(group => group.Key, group => group.Sum(entry => (long)entry.Count));
        foreach (var stored in file.Header.Tensors)
        {
            Match(stored, counts);
        }

        if (counts.Keys.FirstOrDefault(tensor => !places.ContainsKey(tensor), -1) is var missing and >= 0)
        {
            throw new FishException(ErrorCode.PatchInvalid, layout.Tensors[missing].Name,
                "The mask has positions in this tensor, but the patch has no values for it.", Hint);
        }
    }

    /// <inheritdoc/>
    public Layout Layout { get; }

    /// <summary>Whether a patch names a mask instead of positions.</summary>
    /// <param name="header">Its header.</param>
    /// <param name="mask">The mask's id.</param>
    public static bool IsMasked(SafetensorsHeader header, out Digest mask)
    {
        mask = default;
        return header.Metadata.TryGetValue(MaskKey, out var text) && Digest.TryParse(text, out mask) && header.Tensors.Count > 0
            && header.Tensors.All(tensor => tensor.Info.Name.EndsWith(SparsePatchReader.ValuesSuffix, StringComparison.Ordinal));
    }

    /// <summary>The values alone. Reading them does not decode the mask's positions.</summary>
    public IMaskedValues Values => new Alone(this);

    /// <inheritdoc/>
    public bool Read(DeltaChunk chunk)
    {
        chunk.Reset(-1, 1);
        if (mask.Next is not { } entry)
        {
            return false;
        }

        ReadValues(chunk, entry, out var positions);
        mask.ReadNext(positions);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => mask.Dispose();

    private void ReadValues(DeltaChunk chunk, ChunkEntry entry, out Span<long> positions)
    {
        var unit = Layout.Tensors[entry.Tensor].UnitSize;
        chunk.Reset(entry.Tensor, unit);
        chunk.Append(entry.Count, out positions, out var values);
        (current, next) = current == entry.Tensor ? (current, next) : (entry.Tensor, 0);
        file.ReadData(places[entry.Tensor] + (next * unit), values);
        next += entry.Count;
    }

    private void Match(StoredTensor stored, Dictionary<int, long> counts)
    {
        var name = stored.Info.Name[..^SparsePatchReader.ValuesSuffix.Length];
        if (!Layout.TryIndexOf(name, out var tensor))
        {
            throw new FishException(
                ErrorCode.TensorUnknown, name, "The task layout has no such tensor.", "Patch only tensors of the task layout.");
        }

        SparsePatchReader.CheckValues(stored.Info, Layout.Tensors[tensor]);
        var count = counts.GetValueOrDefault(tensor);
        if (stored.Info.Shape.Count != 1 || stored.Info.Elements != count)
        {
            throw new FishException(
                ErrorCode.ShapeMismatch, name,
                $"The values have the shape {TensorInfo.ShapeText(stored.Info.Shape)}, but the mask has {count} positions.", Hint);
        }

        places.Add(tensor, stored.Begin);
    }

    private sealed class Alone(MaskedPatchReader patch) : IMaskedValues
    {
        public Layout Layout => patch.Layout;

        public Digest Mask => patch.mask.Head.Digests[1];

        public Digest? Announced => null;

        public bool Read(DeltaChunk chunk)
        {
            chunk.Reset(-1, 1);
            if (patch.mask.Next is not { } entry)
            {
                return false;
            }

            patch.ReadValues(chunk, entry, out _);
            patch.mask.Skip();
            return true;
        }
    }
}

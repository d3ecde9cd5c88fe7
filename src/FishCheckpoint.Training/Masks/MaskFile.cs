using System.Runtime.InteropServices;
using FishCheckpoint.Errors;
using FishCheckpoint.Masks;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// Masks as safetensors files. It writes <c>NAME.indices</c> [n] for each tensor with positions: I32 if they fit, else I64, flat and
/// ascending, with the ids of the layout and the mask in <c>__metadata__</c>. It reads such files, also of other tools and without the ids;
/// and dense masks: BOOL, U8, F32, F16 or BF16 tensors under the parameters' names and in their shapes, in which every nonzero element (a
/// NaN is nonzero) is in the mask.
/// </summary>
public static class MaskFile
{
    /// <summary>The suffix of a tensor with positions.</summary>
    public const string IndicesSuffix = ".indices";

    private const string LayoutKey = "layout";
    private const string MaskKey = "mask";
    private const int Capacity = 1 << 16;

    /// <summary>Writes a mask atomically.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="mask">The mask.</param>
    public static void Write(string path, Mask mask)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["format"] = "fish-mask", [LayoutKey] = mask.Layout.Id.ToString(), [MaskKey] = mask.Id.ToString(),
        };
        var tensors = mask.Tensors.Select(tensor => new TensorInfo(
            mask.Layout.Tensors[tensor.Tensor].Name + IndicesSuffix, IndexTypeOf(mask.Layout.Tensors[tensor.Tensor]),
            [tensor.Positions.Length]));
        using var writer = new SafetensorsWriter(path, HeaderWriter.Create(tensors, metadata));
        foreach (var tensor in mask.Tensors)
        {
            var narrow = IndexTypeOf(mask.Layout.Tensors[tensor.Tensor]) == DType.I32;
            for (var begin = 0; begin < tensor.Positions.Length; begin += Capacity)
            {
                var positions = tensor.Positions.Span[begin..Math.Min(begin + Capacity, tensor.Positions.Length)];
                writer.Write(narrow ? Narrow(positions) : MemoryMarshal.AsBytes(positions));
            }
        }

        writer.Commit();
    }

    /// <summary>Reads a mask block by block; its memory is that of the mask.</summary>
    /// <param name="path">The file.</param>
    /// <param name="layout">The layout that the mask is for.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, or a code of an invalid header;
    /// <see cref="ErrorCode.TensorUnknown"/>: the layout does not have a tensor; <see cref="ErrorCode.DtypeMismatch"/>,
    /// <see cref="ErrorCode.ShapeMismatch"/>; <see cref="ErrorCode.IndexUnsorted"/>, <see cref="ErrorCode.IndexRepeated"/>,
    /// <see cref="ErrorCode.IndexOutOfRange"/>; <see cref="ErrorCode.PatchInvalid"/>: a tensor has positions and a dense mask;
    /// <see cref="ErrorCode.DigestMismatch"/>: the mask differs from the one that was written.</exception>
    public static Mask Read(string path, Layout layout)
    {
        using var file = SafetensorsFile.Open(path);
        var read = new Dictionary<int, TensorMask>();
        foreach (var stored in file.Header.Tensors)
        {
            var (tensor, dense) = Find(stored.Info, layout);
            var positions = dense ? DenseMask.Read(file, stored, layout.Tensors[tensor])
                : IndexList.Read(file, stored, layout.Tensors[tensor]);
            if (!read.TryAdd(tensor, new TensorMask(tensor, positions)))
            {
                throw new FishException(
                    ErrorCode.PatchInvalid, layout.Tensors[tensor].Name, "The file has both positions and a dense mask of it.",
                    "Keep one of them.");
            }
        }

        var mask = Mask.Create(layout, read.Values);
        var metadata = file.Header.Metadata;
        return metadata.GetValueOrDefault(LayoutKey) != layout.Id.ToString() || metadata.GetValueOrDefault(MaskKey) is not { } id
            || id == mask.Id.ToString()
            ? mask
            : throw new FishException(
                ErrorCode.DigestMismatch, path, $"The mask is {mask.Id}; the file's metadata has {id}.",
                "The file was changed or damaged: copy it or write it again.");
    }

    // A parameter's own name has precedence: it may itself end in ".indices".
    private static (int Tensor, bool Dense) Find(TensorInfo stored, Layout layout)
    {
        if (layout.TryIndexOf(stored.Name, out var tensor))
        {
            return (tensor, true);
        }

        return stored.Name.EndsWith(IndicesSuffix, StringComparison.Ordinal)
            && layout.TryIndexOf(stored.Name[..^IndicesSuffix.Length], out tensor)
            ? (tensor, false)
            : throw new FishException(
                ErrorCode.TensorUnknown, stored.Name, "The task layout does not have this tensor.",
                "A mask file has NAME.indices, or dense masks under the tensors' names.");
    }

    private static DType IndexTypeOf(TensorInfo tensor) => tensor.Units - 1 <= int.MaxValue ? DType.I32 : DType.I64;

    private static ReadOnlySpan<byte> Narrow(ReadOnlySpan<long> positions)
    {
        var narrowed = new int[positions.Length];
        for (var index = 0; index < narrowed.Length; index++)
        {
            narrowed[index] = (int)positions[index];
        }

        return MemoryMarshal.AsBytes<int>(narrowed);
    }
}

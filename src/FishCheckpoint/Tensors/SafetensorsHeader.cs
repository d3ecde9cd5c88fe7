using System.Buffers.Binary;

namespace FishCheckpoint.Tensors;

/// <summary>
/// A checked safetensors header: the tensors of a file and their offsets. Kept verbatim, so that the file can be rewritten byte for byte.
/// </summary>
/// <remarks>Format: 8 bytes little-endian length N, N bytes of JSON, the tensors' data (huggingface/safetensors, README).</remarks>
public sealed class SafetensorsHeader
{
    /// <summary>The longest header accepted, in bytes; the reference reader has the same limit.</summary>
    public const int MaxLength = 100_000_000;

    /// <summary>Bytes in the length prefix.</summary>
    public const int PrefixLength = 8;

    internal SafetensorsHeader(ReadOnlyMemory<byte> json, StoredTensor[] tensors, IReadOnlyDictionary<string, string> metadata,
        bool hasMetadata)
    {
        (Json, Tensors, Metadata, HasMetadata) = (json, tensors, metadata, hasMetadata);
        DataLength = tensors.Length == 0 ? 0 : tensors[^1].End;
    }

    /// <summary>The header's JSON with its padding, verbatim, without the length prefix.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The tensors in data order.</summary>
    public IReadOnlyList<StoredTensor> Tensors { get; }

    /// <summary>The <c>__metadata__</c> map; empty when absent.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Whether <c>__metadata__</c> is present.</summary>
    public bool HasMetadata { get; }

    /// <summary>The offset of the data in the file.</summary>
    public long DataStart => PrefixLength + Json.Length;

    /// <summary>Bytes of data after the header.</summary>
    public long DataLength { get; }

    /// <summary>The length of the whole file.</summary>
    public long FileLength => DataStart + DataLength;

    /// <summary>The start of the file: length prefix and JSON, as a new array.</summary>
    public byte[] ToFileBytes()
    {
        var bytes = new byte[DataStart];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Json.Length);
        Json.Span.CopyTo(bytes.AsSpan(PrefixLength));
        return bytes;
    }

    /// <summary>The layout of this file: its tensors in data order.</summary>
    public Layout ToLayout() => new([.. Tensors.Select(tensor => tensor.Info)]);
}

/// <summary>A tensor and the offset of its bytes, relative to the start of the data.</summary>
/// <param name="Info">Name, dtype and shape.</param>
/// <param name="Begin">Offset of the first byte.</param>
public sealed record StoredTensor(TensorInfo Info, long Begin)
{
    /// <summary>Offset after the last byte.</summary>
    public long End => Begin + Info.Bytes;
}

using System.Buffers;
using FishCheckpoint.Deltas;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>A delta whose values are kept as they pass, unless they are too many.</summary>
/// <param name="delta">The delta.</param>
/// <param name="longest">The most bytes that are kept.</param>
internal sealed class RecordingReader(IDeltaReader delta, long longest) : IDeltaReader
{
    private ArrayBufferWriter<byte>? kept = new();

    public Layout Layout => delta.Layout;

    /// <summary>The values; <see langword="null"/> when they are too many.</summary>
    public byte[]? Values => kept?.WrittenSpan.ToArray();

    public bool Read(DeltaChunk chunk)
    {
        var read = delta.Read(chunk);
        kept = kept?.WrittenCount + chunk.Values.Length > longest ? null : kept;
        kept?.Write(chunk.Values);
        return read;
    }
}

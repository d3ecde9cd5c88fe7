using System.Security.Cryptography;

namespace PlainFormat;

/// <summary>A delta out of its frames: of each tensor the positions and the new values. Identities are checked.</summary>
internal sealed class PlainDelta
{
    private readonly PlainTensor[] layout;

    private PlainDelta(PlainTensor[] layout) =>
        (this.layout, Positions, Values) = (layout, [.. layout.Select(_ => new List<long>())], [.. layout.Select(_ => new List<ulong>())]);

    public List<long>[] Positions { get; }

    public List<ulong>[] Values { get; private set; }

    /// <summary>The forms that its chunks have.</summary>
    public HashSet<string> Forms { get; } = [];

    /// <summary>Reads a mask, and the values of its prediction chain, of which the last are the delta's.</summary>
    /// <param name="layout">The layout.</param>
    /// <param name="mask">The mask's frame, and nothing else.</param>
    /// <param name="chain">Frames of values, the oldest first.</param>
    /// <param name="parent">The bytes of the parent's tensors, if they are known.</param>
    public static PlainDelta ReadMasked(PlainTensor[] layout, byte[] mask, byte[][] chain, byte[][]? parent)
    {
        var (delta, maskFrame) = (new PlainDelta(layout), ReadFrame(mask, layout, 1));
        List<long>[] chunks = [.. maskFrame.Entries.Select(PlainPositions.Read)];
        for (var chunk = 0; chunk < chunks.Length; chunk++)
        {
            delta.Positions[maskFrame.Entries[chunk].Tensor].AddRange(chunks[chunk]);
            delta.Forms.Add($"mask {maskFrame.Entries[chunk].Bytes[0]}");
        }

        delta.RequireMask(maskFrame);
        List<ulong[]>[] earlier = [.. chunks.Select(_ => new List<ulong[]>())];
        foreach (var bytes in chain)
        {
            var frame = ReadFrame(bytes, layout, 2);
            RefusedException.Unless(frame.Chunks == chunks.Length && frame.Count == maskFrame.Count);
            delta.Values = [.. layout.Select(_ => new List<ulong>())];
            for (var chunk = 0; chunk < chunks.Length; chunk++)
            {
                var (tensor, positions) = (maskFrame.Entries[chunk].Tensor, chunks[chunk]);
                ulong[]? old = parent is null ? null : [.. positions.Select(position => Unit(layout[tensor], parent[tensor], position))];
                earlier[chunk].Add(PlainValues.Read(frame.Entries[chunk].Bytes, layout[tensor], positions.Count, old, earlier[chunk]));
                delta.Values[tensor].AddRange(earlier[chunk][^1]);
                var chunkBytes = frame.Entries[chunk].Bytes;
                delta.Forms.Add($"values {chunkBytes[0]}" + (chunkBytes[0] < 2 ? "" : $" {chunkBytes[chunkBytes[0] - 1]}"));
            }

            delta.RequireMask(frame);
            delta.RequireValues(frame);
        }

        return delta;
    }

    /// <summary>Reads a frame of blocks.</summary>
    public static PlainDelta ReadBlocks(PlainTensor[] layout, byte[] blocks, byte[][] parent)
    {
        var (delta, frame) = (new PlainDelta(layout), ReadFrame(blocks, layout, 4));
        foreach (var entry in frame.Entries)
        {
            var tensor = layout[entry.Tensor];
            var start = entry.First * ((1 << 20) / tensor.Unit);
            ulong[] old = [.. Enumerable.Range(0, (int)PlainFrame.UnitsOfBlock(tensor, entry.First))
                .Select(unit => Unit(tensor, parent[entry.Tensor], start + unit))];
            var (form, positions, values) = PlainBlocks.Read(entry, tensor, old);
            delta.Positions[entry.Tensor].AddRange(positions.Select(position => start + position));
            delta.Values[entry.Tensor].AddRange(values);
            delta.Forms.UnionWith([$"block positions {entry.Bytes[0]}", $"block values {form}"]);
        }

        delta.RequireMask(frame);
        delta.RequireValues(frame);
        return delta;
    }

    private static PlainFrame ReadFrame(byte[] bytes, PlainTensor[] layout, int kind)
    {
        var source = new PlainBytes(bytes);
        var frame = PlainFrame.Read(source, layout);
        RefusedException.Unless(frame.Kind == kind && source.Left == 0, "FRAME_INVALID");
        return frame;
    }

    private static ulong Unit(PlainTensor tensor, byte[] bytes, long position) =>
        new PlainBytes(bytes) { At = (int)position * tensor.Unit }.Number(tensor.Unit);

    private void RequireMask(PlainFrame frame)
    {
        RefusedException.Unless(frame.Digests[0].AsSpan().SequenceEqual(PlainIdentities.OfLayout(layout)), "LAYOUT_MISMATCH");
        RefusedException.Unless(frame.Digests[1].AsSpan().SequenceEqual(PlainIdentities.OfMask(layout, Positions)));
    }

    private void RequireValues(PlainFrame frame)
    {
        var content = layout.SelectMany((tensor, index) => Values[index]
            .SelectMany(value => Enumerable.Range(0, tensor.Unit).Select(part => (byte)(value >> (8 * part)))));
        RefusedException.Unless(SHA256.HashData([.. content]).AsSpan().SequenceEqual(frame.Digests[3]));
    }
}

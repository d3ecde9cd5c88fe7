namespace FishCheckpoint.Interchange.Hashing;

/// <summary>BLAKE3 with its default output of 256 bits (the BLAKE3 paper, section 2). Whole chunks are hashed eight at a time.</summary>
public sealed class Blake3Hash : IContentHash
{
    private const int MaxDepth = 54;

    // Chaining values of whole subtrees, the largest first: one for each bit of the number of chunks so far.
    private readonly uint[] stack = new uint[MaxDepth * Blake3Words.Words];
    private readonly byte[] buffer = new byte[Blake3Words.Chunk * Blake3Lanes.Count];
    private int depth;
    private int buffered;
    private ulong chunks;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            // A full buffer is hashed when more comes: the last chunk may be the root.
            if (buffered == buffer.Length)
            {
                Consume(buffer);
                buffered = 0;
            }

            if (buffered == 0)
            {
                for (; bytes.Length > buffer.Length; bytes = bytes[buffer.Length..])
                {
                    Consume(bytes[..buffer.Length]);
                }
            }

            var part = bytes[..Math.Min(bytes.Length, buffer.Length - buffered)];
            part.CopyTo(buffer.AsSpan(buffered));
            buffered += part.Length;
            bytes = bytes[part.Length..];
        }
    }

    /// <inheritdoc/>
    public string Finish()
    {
        Span<uint> value = stackalloc uint[Blake3Words.Words];
        var rest = buffer.AsSpan(0, buffered);
        for (; rest.Length > Blake3Words.Chunk; rest = rest[Blake3Words.Chunk..])
        {
            Blake3Words.HashChunk(rest[..Blake3Words.Chunk], chunks, isRoot: false, value);
            Push(value);
        }

        Blake3Words.HashChunk(rest, chunks, isRoot: depth == 0, value);
        while (depth > 0)
        {
            depth--;
            Blake3Words.Join(stack.AsSpan(depth * Blake3Words.Words, Blake3Words.Words), value, isRoot: depth == 0, value);
        }

        return Blake3Words.Text(value);
    }

    private void Consume(ReadOnlySpan<byte> whole)
    {
        Span<uint> values = stackalloc uint[Blake3Words.Words * Blake3Lanes.Count];
        Blake3Lanes.HashChunks(whole, chunks, values);
        for (var chunk = 0; chunk < Blake3Lanes.Count; chunk++)
        {
            Push(values.Slice(chunk * Blake3Words.Words, Blake3Words.Words));
        }
    }

    // More chunks follow, so a subtree is joined as soon as it is whole: as many times as the number of chunks ends in zero bits.
    private void Push(ReadOnlySpan<uint> chunk)
    {
        Span<uint> value = stackalloc uint[Blake3Words.Words];
        chunk.CopyTo(value);
        chunks++;
        for (var whole = chunks; (whole & 1) == 0; whole >>= 1)
        {
            depth--;
            Blake3Words.Join(stack.AsSpan(depth * Blake3Words.Words, Blake3Words.Words), value, isRoot: false, value);
        }

        value.CopyTo(stack.AsSpan(depth * Blake3Words.Words));
        depth++;
    }
}

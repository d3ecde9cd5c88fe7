using FishCheckpoint.Benchmarks.Sizes;

namespace FishCheckpoint.Benchmarks.Compressors;

/// <summary>Encodes or decodes; gives the bytes written.</summary>
internal delegate int Code(ReadOnlySpan<byte> source, Span<byte> destination);

/// <summary>One library's encoder and decoder, and the times that they took.</summary>
internal sealed class Contender(Code encode, Code decode)
{
    private byte[] room = [];
    private byte[] content = [];

    /// <summary>Bytes of all pieces' encodings.</summary>
    public long Bytes { get; private set; }

    public Samples Encoding { get; } = new();

    public Samples Decoding { get; } = new();

    /// <summary>Encodes all pieces, then decodes them.</summary>
    public void Turn(byte[][] pieces, bool keep)
    {
        var bound = pieces.Max(Bound);
        if (room.Length == 0)
        {
            (room, content) = (new byte[pieces.Sum(piece => (long)Bound(piece))], new byte[bound]);
        }

        var lengths = new int[pieces.Length];
        (keep ? Encoding : new Samples()).Time(() => EncodeAll(pieces, lengths));
        Bytes = lengths.Sum(length => (long)length);
        (keep ? Decoding : new Samples()).Time(() => DecodeAll(lengths));
    }

    /// <summary>Makes sure that each of two libraries reads what the other wrote.</summary>
    public void Agree(Contender other, byte[][] pieces)
    {
        foreach (var piece in pieces)
        {
            Require(piece, Encode(piece), other);
            Require(piece, other.Encode(piece), this);
        }
    }

    private static int Bound(byte[] piece) => piece.Length + (piece.Length >> 7) + 512;

    private static void Require(byte[] piece, byte[] encoded, Contender reader)
    {
        var read = new byte[piece.Length];
        if (reader.Decode(encoded, read) != piece.Length || !read.AsSpan().SequenceEqual(piece))
        {
            throw new InvalidOperationException("One library does not read what the other wrote.");
        }
    }

    private byte[] Encode(byte[] piece)
    {
        var encoded = new byte[Bound(piece)];
        return encoded[..encode(piece, encoded)];
    }

    private int Decode(byte[] encoded, byte[] read) => decode(encoded, read);

    private void EncodeAll(byte[][] pieces, int[] lengths)
    {
        var rest = room.AsSpan();
        for (var piece = 0; piece < pieces.Length; piece++)
        {
            lengths[piece] = encode(pieces[piece], rest);
            rest = rest[lengths[piece]..];
        }
    }

    private void DecodeAll(int[] lengths)
    {
        var rest = room.AsSpan();
        foreach (var length in lengths)
        {
            _ = decode(rest[..length], content);
            rest = rest[length..];
        }
    }
}

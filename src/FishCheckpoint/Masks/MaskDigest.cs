using System.Buffers.Binary;
using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Masks;

/// <summary>
/// Computes a mask's identity from its positions in order, without keeping them (docs/reference/format/container.md, "Identities").
/// </summary>
internal sealed class MaskDigest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] buffer = new byte[8192];
    private int filled;
    private int tensor = -1;
    private long previous;

    /// <summary>Starts the identity of a mask of this layout.</summary>
    public MaskDigest(Digest layout)
    {
        hash.AppendData("fishcheckpoint mask 1\n"u8);
        hash.AppendData(layout);
    }

    /// <summary>Adds positions of a tensor, in order.</summary>
    public void Add(int tensorIndex, ReadOnlySpan<long> positions)
    {
        if (tensorIndex != tensor && positions.Length > 0)
        {
            EndTensor();
            Append((ulong)tensorIndex + 1);
            (tensor, previous) = (tensorIndex, -1);
        }

        while (positions.Length > 0)
        {
            var part = positions[..Math.Min(positions.Length, buffer.Length / Varint.MaxLength)];
            MakeRoom(part.Length * Varint.MaxLength);
            Append(part);
            positions = positions[part.Length..];
        }
    }

    /// <summary>Returns the identity.</summary>
    public Digest Finish()
    {
        EndTensor();
        Append(0);
        hash.AppendData(buffer, 0, filled);
        return Digest.Finish(hash);
    }

    /// <inheritdoc/>
    public void Dispose() => hash.Dispose();

    private void EndTensor()
    {
        if (tensor >= 0)
        {
            Append(0);
        }
    }

    // Hot: every position of every save passes here. A gap's length (one or two bytes) is unpredictable, so the code does not branch on it.
    private void Append(ReadOnlySpan<long> positions)
    {
        var target = buffer.AsSpan(filled);
        var (length, last) = (0, previous);
        foreach (var position in positions)
        {
            var gap = (ulong)(position - last);
            last = position;
            if (gap < 1 << 14)
            {
                var upper = (uint)gap >> 7;
                var longer = (upper + 0x7F) >> 7;
                BinaryPrimitives.WriteUInt16LittleEndian(target[length..], (ushort)((upper << 8) | (longer << 7) | ((uint)gap & 0x7F)));
                length += 1 + (int)longer;
            }
            else
            {
                length += Varint.Write(target[length..], gap);
            }
        }

        (filled, previous) = (filled + length, last);
    }

    private void MakeRoom(int bytes)
    {
        if (filled > buffer.Length - bytes)
        {
            hash.AppendData(buffer, 0, filled);
            filled = 0;
        }
    }

    private void Append(ulong value)
    {
        MakeRoom(Varint.MaxLength);
        filled += Varint.Write(buffer.AsSpan(filled), value);
    }
}

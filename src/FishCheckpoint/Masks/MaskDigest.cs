using System.Security.Cryptography;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Masks;

/// <summary>Computes a mask's identity from its positions in order, without holding them (docs/FORMAT.md, "Identities").</summary>
public sealed class MaskDigest : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] buffer = new byte[8192];
    private int filled;
    private int tensor = -1;
    private long previous;

    /// <summary>Begins the identity of a mask of this layout.</summary>
    public MaskDigest(Digest layout)
    {
        hash.AppendData("fishcheckpoint mask 1\n"u8);
        hash.AppendData(layout);
    }

    /// <summary>Adds positions of a tensor, after all those before them.</summary>
    public void Add(int tensorIndex, ReadOnlySpan<long> positions)
    {
        if (tensorIndex != tensor && positions.Length > 0)
        {
            EndTensor();
            Append((ulong)tensorIndex + 1);
            (tensor, previous) = (tensorIndex, -1);
        }

        foreach (var position in positions)
        {
            Append((ulong)(position - previous));
            previous = position;
        }
    }

    /// <summary>Ends the mask.</summary>
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

    private void Append(ulong value)
    {
        if (filled > buffer.Length - Varint.MaxLength)
        {
            hash.AppendData(buffer, 0, filled);
            filled = 0;
        }

        filled += Varint.Write(buffer.AsSpan(filled), value);
    }
}

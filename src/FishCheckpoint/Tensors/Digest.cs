using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace FishCheckpoint.Tensors;

/// <summary>A SHA-256 digest: the identity of content-addressed data (bases, layouts, masks, states).</summary>
[InlineArray(Size)]
public struct Digest : IEquatable<Digest>
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private byte first;

    /// <summary>Creates a digest from 32 bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> is not 32 bytes long.</exception>
    public static Digest From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"A SHA-256 digest has {Size} bytes, not {bytes.Length}.", nameof(bytes));
        }

        Digest digest = default;
        bytes.CopyTo(digest);
        return digest;
    }

    /// <summary>The SHA-256 of some bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        Digest digest = default;
        SHA256.HashData(content, digest);
        return digest;
    }

    /// <summary>Completes an incremental SHA-256.</summary>
    public static Digest Finish(IncrementalHash hash)
    {
        Digest digest = default;
        hash.GetHashAndReset(digest);
        return digest;
    }

    /// <summary>Parses 64 hexadecimal digits of either case.</summary>
    public static bool TryParse(string? hex, out Digest digest)
    {
        digest = default;
        return hex is { Length: Size * 2 }
            && Convert.FromHexString(hex, digest, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == Size;
    }

    /// <summary>Parses 64 hexadecimal digits of either case.</summary>
    /// <exception cref="FormatException">The text has another form.</exception>
    public static Digest Parse(string hex) => TryParse(hex, out var digest) ? digest
        : throw new FormatException($"'{hex}' is not a SHA-256 digest in hexadecimal.");

    /// <summary>The 32 bytes, as a new array.</summary>
    public readonly byte[] ToArray() => ((ReadOnlySpan<byte>)this).ToArray();

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override readonly string ToString() => Convert.ToHexStringLower(this);

    /// <inheritdoc/>
    public readonly bool Equals(Digest other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is Digest other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => MemoryMarshal.Read<int>(this);

    /// <summary>Whether two digests are equal.</summary>
    public static bool operator ==(Digest left, Digest right) => left.Equals(right);

    /// <summary>Whether two digests differ.</summary>
    public static bool operator !=(Digest left, Digest right) => !left.Equals(right);
}

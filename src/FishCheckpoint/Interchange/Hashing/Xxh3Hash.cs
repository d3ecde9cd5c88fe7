using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>XXH3 with 128 bits, seed 0 and the default secret (xxHash, doc/xxhash_spec.md), in its canonical form: high half first.</summary>
public sealed class Xxh3Hash : IContentHash
{
    private const int StripesPerBlock = 16;

    // What came last stays here, at least a stripe of it, since the end is treated otherwise than all before.
    private readonly byte[] buffer = new byte[256];
    private readonly ulong[] lanes = Xxh3Long.Start();
    private int buffered;
    private int stripes;
    private ulong total;

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        total += (ulong)bytes.Length;
        if (bytes.Length <= buffer.Length - buffered)
        {
            Keep(bytes);
            return;
        }

        if (buffered > 0)
        {
            var fill = buffer.Length - buffered;
            Keep(bytes[..fill]);
            bytes = bytes[fill..];
            Consume(buffer);
            buffered = 0;
        }

        if (bytes.Length > buffer.Length)
        {
            // Whole stripes, but not the last byte: what is left is never nothing.
            var whole = (bytes.Length - 1) / Xxh3Long.Stripe * Xxh3Long.Stripe;
            Consume(bytes[..whole]);
            bytes.Slice(whole - Xxh3Long.Stripe, Xxh3Long.Stripe).CopyTo(buffer.AsSpan(^Xxh3Long.Stripe));
            bytes = bytes[whole..];
        }

        Keep(bytes);
    }

    /// <inheritdoc/>
    public string Finish()
    {
        var (low, high) = total <= 240 ? Xxh3Short.Hash(buffer.AsSpan(0, buffered)) : FinishLong();
        Span<byte> canonical = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(canonical, high);
        BinaryPrimitives.WriteUInt64BigEndian(canonical[8..], low);
        return Convert.ToHexStringLower(canonical);
    }

    private (ulong Low, ulong High) FinishLong()
    {
        Span<byte> last = stackalloc byte[Xxh3Long.Stripe];
        if (buffered >= Xxh3Long.Stripe)
        {
            Consume(buffer.AsSpan(0, (buffered - 1) / Xxh3Long.Stripe * Xxh3Long.Stripe));
            buffer.AsSpan(buffered - Xxh3Long.Stripe, Xxh3Long.Stripe).CopyTo(last);
        }
        else
        {
            // The end of what was consumed last lies at the buffer's end.
            buffer.AsSpan(buffer.Length - Xxh3Long.Stripe + buffered).CopyTo(last);
            buffer.AsSpan(0, buffered).CopyTo(last[(Xxh3Long.Stripe - buffered)..]);
        }

        return Xxh3Long.Finish(lanes, last, total);
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.AsSpan(buffered));
        buffered += bytes.Length;
    }

    private void Consume(ReadOnlySpan<byte> whole)
    {
        while (whole.Length > 0)
        {
            var count = Math.Min(StripesPerBlock - stripes, whole.Length / Xxh3Long.Stripe);
            Xxh3Long.Accumulate(lanes, whole[..(count * Xxh3Long.Stripe)], stripes);
            whole = whole[(count * Xxh3Long.Stripe)..];
            stripes += count;
            if (stripes == StripesPerBlock)
            {
                Xxh3Long.Scramble(lanes);
                stripes = 0;
            }
        }
    }
}

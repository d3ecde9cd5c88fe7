using System.Buffers.Binary;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>XXH3-128 of up to 240 bytes.</summary>
internal static class Xxh3Short
{
    public static (ulong Low, ulong High) Hash(ReadOnlySpan<byte> input) => input.Length switch
    {
        0 => (Xxh3Words.Avalanche64(Xxh3Words.Key(64) ^ Xxh3Words.Key(72)), Xxh3Words.Avalanche64(Xxh3Words.Key(80) ^ Xxh3Words.Key(88))),
        <= 3 => UpTo3(input),
        <= 8 => UpTo8(input),
        <= 16 => UpTo16(input),
        <= 128 => UpTo128(input),
        _ => UpTo240(input),
    };

    private static (ulong Low, ulong High) UpTo3(ReadOnlySpan<byte> input)
    {
        var combined = input[^1] | ((uint)input.Length << 8) | ((uint)input[0] << 16) | ((uint)input[input.Length >> 1] << 24);
        var low = (Xxh3Words.Key32(0) ^ Xxh3Words.Key32(4)) ^ (ulong)combined;
        var high = (Xxh3Words.Key32(8) ^ Xxh3Words.Key32(12)) ^ (ulong)Xxh3Words.SwapAndTurn(combined);
        return (Xxh3Words.Avalanche64(low), Xxh3Words.Avalanche64(high));
    }

    private static (ulong Low, ulong High) UpTo8(ReadOnlySpan<byte> input)
    {
        var combined = BinaryPrimitives.ReadUInt32LittleEndian(input) | ((ulong)BinaryPrimitives.ReadUInt32LittleEndian(input[^4..]) << 32);
        var value = Xxh3Words.Key(16) ^ Xxh3Words.Key(24) ^ combined;
        var high = Math.BigMul(value, Xxh3Words.Prime64A + ((ulong)input.Length << 2), out var low);
        high += low << 1;
        low ^= high >> 3;
        low = (low ^ (low >> 35)) * Xxh3Words.Mix2;
        low ^= low >> 28;
        return (low, Xxh3Words.Avalanche(high));
    }

    private static (ulong Low, ulong High) UpTo16(ReadOnlySpan<byte> input)
    {
        var (first, last) = (Xxh3Words.Word(input, 0), Xxh3Words.Word(input, input.Length - 8));
        var one = Xxh3Words.Key(32) ^ Xxh3Words.Key(40) ^ first ^ last;
        var two = Xxh3Words.Key(48) ^ Xxh3Words.Key(56) ^ last;
        var high = Math.BigMul(one, Xxh3Words.Prime64A, out var low);
        low += (ulong)(input.Length - 1) << 54;
        high += two + ((two & uint.MaxValue) * (Xxh3Words.Prime32B - 1UL));
        low ^= BinaryPrimitives.ReverseEndianness(high);
        var top = Math.BigMul(low, Xxh3Words.Prime64B, out var bottom);
        return (Xxh3Words.Avalanche(bottom), Xxh3Words.Avalanche(top + (high * Xxh3Words.Prime64B)));
    }

    private static (ulong Low, ulong High) UpTo128(ReadOnlySpan<byte> input)
    {
        var (low, high) = ((ulong)input.Length * Xxh3Words.Prime64A, 0UL);
        for (var round = (input.Length - 1) >> 5; round >= 0; round--)
        {
            MixTwo(ref low, ref high, input[(round * 16)..], input[(input.Length - (round * 16) - 16)..], round * 32);
        }

        return Finish(low, high, input.Length);
    }

    private static (ulong Low, ulong High) UpTo240(ReadOnlySpan<byte> input)
    {
        var (low, high) = ((ulong)input.Length * Xxh3Words.Prime64A, 0UL);
        for (var chunk = 0; chunk < input.Length >> 5; chunk++)
        {
            if (chunk == 4)
            {
                (low, high) = (Xxh3Words.Avalanche(low), Xxh3Words.Avalanche(high));
            }

            MixTwo(ref low, ref high, input[(chunk * 32)..], input[((chunk * 32) + 16)..], chunk < 4 ? chunk * 32 : ((chunk - 4) * 32) + 3);
        }

        if (input.Length >> 5 == 4)
        {
            (low, high) = (Xxh3Words.Avalanche(low), Xxh3Words.Avalanche(high));
        }

        MixTwo(ref low, ref high, input[^16..], input[^32..], 103);
        return Finish(low, high, input.Length);
    }

    private static void MixTwo(ref ulong low, ref ulong high, ReadOnlySpan<byte> one, ReadOnlySpan<byte> two, int secret)
    {
        low += Mix(one, secret);
        high += Mix(two, secret + 16);
        low ^= Xxh3Words.Word(two, 0) + Xxh3Words.Word(two, 8);
        high ^= Xxh3Words.Word(one, 0) + Xxh3Words.Word(one, 8);
    }

    private static ulong Mix(ReadOnlySpan<byte> data, int secret) => Xxh3Words.Fold(
        Xxh3Words.Word(data, 0) ^ Xxh3Words.Key(secret), Xxh3Words.Word(data, 8) ^ Xxh3Words.Key(secret + 8));

    private static (ulong Low, ulong High) Finish(ulong low, ulong high, int length)
    {
        var mixed = (low * Xxh3Words.Prime64A) + (high * Xxh3Words.Prime64D) + ((ulong)length * Xxh3Words.Prime64B);
        return (Xxh3Words.Avalanche(low + high), 0 - Xxh3Words.Avalanche(mixed));
    }
}

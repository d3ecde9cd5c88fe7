using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FishCheckpoint.Interchange.Hashing;

/// <summary>XXH3-128 of more than 240 bytes: eight lanes that stripes of 64 bytes are added to.</summary>
internal static class Xxh3Long
{
    /// <summary>Bytes of a stripe.</summary>
    public const int Stripe = 64;

    private const int LastKey = 192 - 71;
    private const int ScrambleKey = 192 - 64;

    public static ulong[] Start() =>
    [
        Xxh3Words.Prime32C, Xxh3Words.Prime64A, Xxh3Words.Prime64B, Xxh3Words.Prime64C,
        Xxh3Words.Prime64D, Xxh3Words.Prime32B, Xxh3Words.Prime64E, Xxh3Words.Prime32A,
    ];

    /// <summary>Adds whole stripes of one block.</summary>
    /// <param name="lanes">The eight lanes.</param>
    /// <param name="stripes">Whole stripes.</param>
    /// <param name="first">Which one of its block the first is: its part of the secret.</param>
    public static void Accumulate(Span<ulong> lanes, ReadOnlySpan<byte> stripes, int first)
    {
        if (Avx2.IsSupported)
        {
            AccumulateVectors(lanes, stripes, first * 8);
        }
        else
        {
            AccumulateLanes(lanes, stripes, first * 8);
        }
    }

    public static void Scramble(Span<ulong> lanes)
    {
        for (var lane = 0; lane < 8; lane++)
        {
            lanes[lane] = (lanes[lane] ^ (lanes[lane] >> 47) ^ Xxh3Words.Key(ScrambleKey + (lane * 8))) * Xxh3Words.Prime32A;
        }
    }

    /// <summary>Adds the last 64 bytes and merges the lanes.</summary>
    public static (ulong Low, ulong High) Finish(Span<ulong> lanes, ReadOnlySpan<byte> last, ulong length)
    {
        AccumulateLanes(lanes, last, LastKey);
        return (Merge(lanes, length * Xxh3Words.Prime64A, 11), Merge(lanes, ~(length * Xxh3Words.Prime64B), 192 - 75));
    }

    private static ulong Merge(ReadOnlySpan<ulong> lanes, ulong start, int secret)
    {
        for (var pair = 0; pair < 4; pair++)
        {
            start += Xxh3Words.Fold(
                lanes[pair * 2] ^ Xxh3Words.Key(secret + (pair * 16)), lanes[(pair * 2) + 1] ^ Xxh3Words.Key(secret + (pair * 16) + 8));
        }

        return Xxh3Words.Avalanche(start);
    }

    internal static void AccumulateLanes(Span<ulong> lanes, ReadOnlySpan<byte> stripes, int secret)
    {
        for (; stripes.Length >= Stripe; stripes = stripes[Stripe..], secret += 8)
        {
            for (var lane = 0; lane < 8; lane++)
            {
                var data = Xxh3Words.Word(stripes, lane * 8);
                var value = data ^ Xxh3Words.Key(secret + (lane * 8));
                lanes[lane ^ 1] += data;
                lanes[lane] += (value & uint.MaxValue) * (value >> 32);
            }
        }
    }

    private static void AccumulateVectors(Span<ulong> lanes, ReadOnlySpan<byte> stripes, int secret)
    {
        ref var state = ref MemoryMarshal.GetReference(lanes);
        ref var data = ref MemoryMarshal.GetReference(stripes);
        ref var keys = ref MemoryMarshal.GetReference(Xxh3Words.Secret);
        var (left, right) = (Vector256.LoadUnsafe(ref state), Vector256.LoadUnsafe(ref state, 4));
        for (var offset = 0; offset < stripes.Length; offset += Stripe, secret += 8)
        {
            left = Add(left, Vector256.LoadUnsafe(ref data, (nuint)offset), Vector256.LoadUnsafe(ref keys, (nuint)secret));
            right = Add(right, Vector256.LoadUnsafe(ref data, (nuint)(offset + 32)), Vector256.LoadUnsafe(ref keys, (nuint)(secret + 32)));
        }

        left.StoreUnsafe(ref state);
        right.StoreUnsafe(ref state, 4);
    }

    // The product of each lane's halves stays in it; the data go to the neighbour.
    private static Vector256<ulong> Add(Vector256<ulong> lanes, Vector256<byte> data, Vector256<byte> keys)
    {
        var value = (data ^ keys).AsUInt64();
        var product = Avx2.Multiply(value.AsUInt32(), (value >>> 32).AsUInt32());
        return lanes + product + Avx2.Shuffle(data.AsUInt32(), 0b01_00_11_10).AsUInt64();
    }
}

using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Numbers near their entropy, each given its class (docs/reference/format/values.md, "Magnitudes"): symbols by tables, one for each group
/// of neighbouring classes, with two interleaved states, and the plain bits of each number right after its symbol. Holds the working
/// memory; not safe for use by two threads at once.
/// </summary>
internal sealed class MagnitudeCoder
{
    /// <summary>The most classes.</summary>
    public const int MaxClasses = 32;

    /// <summary>The number of classes that <see cref="ClassAfter"/> tells apart.</summary>
    public const int ClassesAfter = 12;

    private readonly MagnitudeEncoder encoder = new();

    /// <summary>What reads.</summary>
    public MagnitudeDecoder Decoder { get; } = new();

    /// <summary>Room that <see cref="Encode{T}"/> needs at most, in bytes.</summary>
    public static int RoomFor(int count, int unitSize) =>
        64 + (MaxClasses * Magnitudes.Symbols * 2) + (int)(((long)count * ((8 * unitSize) + AnsTables.MaxLog)) / 8);

    /// <summary>The class of a number by the one before it: small ones come together.</summary>
    public static byte ClassAfter(ulong number) => (byte)Math.Min(ClassesAfter - 1, BitOperations.Log2(number + 1));

    /// <inheritdoc cref="MagnitudeEncoder.Encode{T}"/>
    public int Encode<T>(ReadOnlySpan<T> numbers, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<byte> destination)
        where T : unmanaged, IBinaryInteger<T> => encoder.Encode(numbers, signed, classes, classCount, destination);

    /// <inheritdoc cref="MagnitudeEncoder.Estimate{T}"/>
    public double Estimate<T>(ReadOnlySpan<T> numbers, bool chained = false)
        where T : unmanaged, IBinaryInteger<T> => encoder.Estimate(numbers, chained);

    /// <inheritdoc cref="MagnitudeDecoder.Decode{T}"/>
    public int Decode<T>(ReadOnlySpan<byte> source, bool signed, ReadOnlySpan<byte> classes, int classCount, Span<T> numbers)
        where T : unmanaged, IBinaryInteger<T> => Decoder.Decode(source, signed, classes, classCount, numbers);

    /// <inheritdoc cref="MagnitudeDecoder.DecodeChained"/>
    public int DecodeChained(ReadOnlySpan<byte> source, Span<ulong> numbers) => Decoder.DecodeChained(source, numbers);
}

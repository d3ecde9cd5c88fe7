using System.Numerics;

namespace FishCheckpoint.Codec;

/// <summary>
/// Encodes numbers close to their entropy, conditioned on their classes (docs/reference/format/values.md, "Magnitudes"). Symbols use one
/// table per group of neighboring classes, with two interleaved states; the plain bits of each number follow its symbol. Owns working
/// memory; not thread-safe.
/// </summary>
internal sealed class MagnitudeCoder
{
    /// <summary>The most classes.</summary>
    public const int MaxClasses = 32;

    /// <summary>The number of classes of <see cref="ClassAfter"/>.</summary>
    public const int ClassesAfter = 12;

    private readonly MagnitudeEncoder encoder = new();

    /// <summary>The decoder.</summary>
    public MagnitudeDecoder Decoder { get; } = new();

    /// <summary>The space that <see cref="Encode{T}"/> needs at most, in bytes.</summary>
    public static int RoomFor(int count, int unitSize) =>
        64 + (MaxClasses * Magnitudes.Symbols * 2) + (int)(((long)count * ((8 * unitSize) + AnsTables.MaxLog)) / 8);

    /// <summary>The class of a number that follows another: small numbers are clustered.</summary>
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

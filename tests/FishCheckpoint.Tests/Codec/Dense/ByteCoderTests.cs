using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Dense;

public sealed class ByteCoderTests
{
    private readonly ByteCoder coder = new();
    private readonly ByteCounts counts = new();

    [Fact]
    public void TryDecode_BytesOfAnySpread_IsTheMirrorOfEncode() => Properties.ForSeeds(200, random =>
    {
        // From one kind to all, evenly to steeply.
        var (kinds, steep) = (random.Next(1, 257), random.NextDouble() * 8);
        var bytes = new byte[random.Next(1, 3000)];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(255 - (kinds * Math.Pow(random.NextDouble(), 1 + steep)));
        }

        AssertMirror(bytes);
    });

    [Fact]
    public void TryDecode_EachLengthOfTheLastGroup_IsTheMirrorOfEncode()
    {
        for (var length = 1; length < 40; length++)
        {
            AssertMirror([.. Enumerable.Range(0, length).Select(index => (byte)(index * index % 7))]);
        }
    }

    [Fact]
    public void Encode_MoreThanThereIsRoomFor_IsNothing()
    {
        byte[] bytes = [.. Enumerable.Range(0, 256).Select(index => (byte)index)];
        counts.Count(bytes);
        Assert.Equal(0, coder.Encode(bytes, counts.All, new byte[100]));
    }

    [Fact]
    public void Encode_SkewedBytes_TakeTheirEntropyAndHalfAPercent()
    {
        var random = new Random(7);
        var bytes = new byte[200_000];
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)Math.Min(40, -3 * Math.Log(1 - random.NextDouble()));
        }

        var entropy = bytes.CountBy(value => value).Sum(pair => -pair.Value * Math.Log2((double)pair.Value / bytes.Length)) / 8;
        Assert.InRange(AssertMirror(bytes), entropy, (entropy * 1.005) + 100);
    }

    private int AssertMirror(byte[] bytes)
    {
        counts.Count(bytes);
        Assert.Equal(bytes.Length, counts.All.ToArray().Sum());
        var encoded = new byte[(2 * bytes.Length) + 1000];
        var length = coder.Encode(bytes, counts.All, encoded);
        var again = new byte[bytes.Length];
        ReadOnlySpan<byte> source = encoded.AsSpan(0, length + 5);

        Assert.True(coder.TryDecode(ref source, again));
        Assert.Equal(5, source.Length);
        Assert.Equal(bytes, again);
        return length;
    }
}

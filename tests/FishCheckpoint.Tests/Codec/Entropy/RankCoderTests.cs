using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec.Entropy;

public sealed class RankCoderTests
{
    [Fact]
    public void TryRead_AnyRanksAndParameter_IsTheMirrorOfWrite() => Properties.ForSeeds(200, random =>
    {
        var range = random.Next(1, 20_000);
        var density = random.NextDouble();
        var ranks = Enumerable.Range(0, range).Where(_ => random.NextDouble() < density * density).ToArray();
        var parameter = random.Next(3) == 0 ? random.Next(RankCoder.Count) : RankCoder.ParameterFor(ranks.Length, range);
        var bytes = new byte[(range * 8) + 64];
        var writer = new BitWriter(bytes);
        RankCoder.Write(ref writer, ranks, parameter);
        var reader = new BitReader(bytes.AsSpan(0, writer.Length));
        var again = new int[ranks.Length];
        Assert.True(RankCoder.TryRead(ref reader, again, parameter, range));
        Assert.Equal(ranks, again);
        Assert.Equal(writer.Length, reader.Length);
    });

    [Fact]
    public void ReadToEnd_AnyRanksAndParameter_IsTheMirrorOfWriteToEnd() => Properties.ForSeeds(200, random =>
    {
        var range = random.Next(1, 20_000);
        var density = random.NextDouble();
        var ranks = Enumerable.Range(0, range).Where(_ => random.NextDouble() < density * density).ToArray();
        var parameter = random.Next(3) == 0 ? random.Next(RankCoder.Count) : RankCoder.ParameterFor(ranks.Length, range);
        var bytes = new byte[(range * 8) + 64];
        var writer = new BitWriter(bytes);
        RankCoder.WriteToEnd(ref writer, ranks, parameter, range);
        var reader = new BitReader(bytes.AsSpan(0, writer.Length));
        var again = new int[range];
        var count = RankCoder.ReadToEnd(ref reader, again, parameter, range);
        Assert.Equal(ranks, again[..count]);
        Assert.Equal(writer.Length, reader.Length);
    });

    [Fact]
    public void ReadToEnd_BytesThatEnd_AreRefused()
    {
        var reader = new BitReader([]);
        Assert.Equal(-1, RankCoder.ReadToEnd(ref reader, new int[90], 3, 90));
    }

    [Theory]
    [InlineData(0.003)]
    [InlineData(0.05)]
    [InlineData(0.33)]
    public void Write_EvenRanks_ComeWithinTwoPercentOfTheEntropy(double density)
    {
        var random = new Random(11);
        var ranks = Enumerable.Range(0, 500_000).Where(_ => random.NextDouble() < density).ToArray();
        var writer = new BitWriter(new byte[1 << 20]);
        RankCoder.Write(ref writer, ranks, RankCoder.ParameterFor(ranks.Length, 500_000));
        var p = ranks.Length / 500_000.0;
        var entropy = 500_000 * -((p * Math.Log2(p)) + ((1 - p) * Math.Log2(1 - p))) / 8;
        Assert.InRange(writer.Length, entropy * 0.99, entropy * 1.02);
    }

    [Fact]
    public void TryRead_RanksPastTheRange_AreRefused()
    {
        var bytes = new byte[64];
        var writer = new BitWriter(bytes);
        RankCoder.Write(ref writer, [5, 90], 3);
        var reader = new BitReader(bytes);
        Assert.False(RankCoder.TryRead(ref reader, new int[2], 3, 90));
        var empty = new BitReader([]);
        Assert.False(RankCoder.TryRead(ref empty, new int[1], 3, 90));
    }
}

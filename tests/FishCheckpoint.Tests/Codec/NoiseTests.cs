using FishCheckpoint.Codec;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class NoiseTests
{
    [Theory]
    [InlineData(32_768)]
    [InlineData(500)]
    public void SpreadOf_Planes_TellsNoiseFromWhatShrinks(int length)
    {
        var (random, bytes) = (new Random(1), new byte[length]);
        random.NextBytes(bytes);
        Assert.Equal(Spread.Uniform, Compressibility.SpreadOf(bytes));
        Assert.Equal(Spread.Some, Compressibility.SpreadOf([.. bytes.Select(value => (byte)(value & 31))]));
        Assert.Equal(Spread.One, Compressibility.SpreadOf(new byte[length]));
        Assert.Equal(Spread.One, Compressibility.SpreadOf([.. bytes.Select(value => (byte)(value < 250 ? 7 : value))]));
        Assert.Equal(Spread.Some, Compressibility.SpreadOf(bytes.AsSpan(0, 40)));
    }

    [Fact]
    public void Looks_EvenBytes_AreNoiseAndOthersAreNot()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        Assert.True(Compressibility.IsNoise(bytes));
        Assert.False(Compressibility.IsNoise(bytes.AsSpan(0, 1000)));
        Assert.False(Compressibility.IsNoise(new byte[100_000]));
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(index % 3 == 0 ? 0 : bytes[index]);
        }

        Assert.False(Compressibility.IsNoise(bytes));
    }
}

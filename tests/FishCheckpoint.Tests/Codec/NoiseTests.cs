using FishCheckpoint.Codec;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class NoiseTests
{
    [Fact]
    public void Looks_EvenBytes_AreNoiseAndOthersAreNot()
    {
        var bytes = new byte[100_000];
        new Random(1).NextBytes(bytes);
        Assert.True(Noise.Looks(bytes));
        Assert.False(Noise.Looks(bytes.AsSpan(0, 1000)));
        Assert.False(Noise.Looks(new byte[100_000]));
        for (var index = 0; index < bytes.Length; index++)
        {
            bytes[index] = (byte)(index % 3 == 0 ? 0 : bytes[index]);
        }

        Assert.False(Noise.Looks(bytes));
    }
}

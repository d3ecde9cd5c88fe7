using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class Crc32CTests
{
    [Fact]
    public void Compute_VectorsOfRfc3720_AreTheirChecksums()
    {
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x62A8AB43u, Crc32C.Compute(Enumerable.Repeat((byte)0xFF, 32).ToArray()));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute(Enumerable.Range(0, 32).Select(value => (byte)value).ToArray()));
        Assert.Equal(0x113FDB5Cu, Crc32C.Compute(Enumerable.Range(0, 32).Select(value => (byte)(31 - value)).ToArray()));
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Fact]
    public void Append_AnyParts_IsTheBitwiseOraclesChecksum() => Properties.ForSeeds(100, random =>
    {
        var bytes = new byte[random.Next(4) == 0 ? random.Next(100_000) : random.Next(200)];
        random.NextBytes(bytes);
        var cut = random.Next(bytes.Length + 1);

        Assert.Equal(Reference(bytes), Crc32C.Append(Crc32C.Compute(bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
    });

    private static uint Reference(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var single in bytes)
        {
            crc ^= single;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78);
            }
        }

        return ~crc;
    }
}

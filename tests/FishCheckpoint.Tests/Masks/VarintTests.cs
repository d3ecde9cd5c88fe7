using FishCheckpoint.Masks;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Masks;

public sealed class VarintTests
{
    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(1UL, "01")]
    [InlineData(0x7FUL, "7F")]
    [InlineData(0x80UL, "8001")]
    [InlineData(624485UL, "E58E26")] // DWARF 5, 7.6
    [InlineData((ulong)long.MaxValue, "FFFFFFFFFFFFFFFF7F")]
    [InlineData(ulong.MaxValue, "FFFFFFFFFFFFFFFFFF01")]
    public void Write_KnownNumber_IsItsLeb128(ulong value, string hex)
    {
        var bytes = new byte[Varint.MaxLength];

        Assert.Equal(hex, Convert.ToHexString(bytes.AsSpan(0, Varint.Write(bytes, value))));
    }

    [Fact]
    public void TryRead_AnyNumber_IsTheMirrorOfWrite() =>
        Properties.ForSeeds(1000, random =>
        {
            var (number, shift) = ((ulong)random.NextInt64() >> random.Next(64), random.Next(64));
            foreach (var value in new[] { number, number << shift, ulong.MaxValue >> shift, 1UL << shift })
            {
                var bytes = new byte[Varint.MaxLength + 1];
                var length = Varint.Write(bytes, value);
                ReadOnlySpan<byte> source = bytes;
                Assert.True(Varint.TryRead(ref source, out var again));
                Assert.Equal((value, bytes.Length - length), (again, source.Length));
            }
        });

    [Fact]
    public void TryRead_CutShort_IsFalse()
    {
        var bytes = new byte[Varint.MaxLength];
        for (var length = 0; length < Varint.Write(bytes, ulong.MaxValue); length++)
        {
            ReadOnlySpan<byte> source = bytes.AsSpan(0, length);
            Assert.False(Varint.TryRead(ref source, out _));
        }
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFF02")] // 65 bits
    [InlineData("FFFFFFFFFFFFFFFFFF7F")]
    [InlineData("FFFFFFFFFFFFFFFFFF8100")] // 11 bytes
    [InlineData("8080808080808080808000")]
    public void TryRead_MoreThan64Bits_IsFalse(string hex)
    {
        ReadOnlySpan<byte> source = Convert.FromHexString(hex);

        Assert.False(Varint.TryRead(ref source, out _));
    }

    [Theory]
    [InlineData("8000", 0UL)]
    [InlineData("FF00", 127UL)]
    [InlineData("80808080808080808000", 0UL)]
    public void TryRead_LongerThanNeeded_IsReadWithinTenBytes(string hex, ulong value)
    {
        ReadOnlySpan<byte> source = Convert.FromHexString(hex);

        Assert.True(Varint.TryRead(ref source, out var read));
        Assert.Equal((value, 0), (read, source.Length));
    }
}

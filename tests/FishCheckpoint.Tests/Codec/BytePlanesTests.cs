using FishCheckpoint.Codec;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class BytePlanesTests
{
    [Fact]
    public void Split_Units_PutsBytesOfOneSignificanceTogether()
    {
        var planes = new byte[6];
        BytePlanes.Split([0x11, 0x12, 0x21, 0x22, 0x31, 0x32], 2, planes);

        Assert.Equal([0x11, 0x21, 0x31, 0x12, 0x22, 0x32], planes);
    }

    [Fact]
    public void Join_Planes_IsTheMirrorOfSplit() => Properties.ForSeeds(100, random =>
    {
        var size = 1 << random.Next(4);
        var units = new byte[random.Next(300) * size];
        random.NextBytes(units);
        var (planes, again) = (new byte[units.Length], new byte[units.Length]);
        BytePlanes.Split(units, size, planes);
        BytePlanes.Join(planes, size, again);

        Assert.Equal(units, again);
        for (var index = 0; index < units.Length; index++)
        {
            Assert.Equal(units[index], planes[(index % size * (units.Length / size)) + (index / size)]);
        }
    });

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void Split_IntoMoreRoomThanNeeded_LeavesTheRestAlone(int size)
    {
        var units = Enumerable.Range(1, 13 * size).Select(value => (byte)value).ToArray();
        var (planes, again) = (Enumerable.Repeat((byte)0xEE, 1000).ToArray(), new byte[units.Length]);
        BytePlanes.Split(units, size, planes);
        Assert.All(planes[units.Length..], value => Assert.Equal(0xEE, value));
        BytePlanes.Join(planes, size, again);
        Assert.Equal(units, again);
    }

    [Fact]
    public void Split_RotatedFloats_PutsTheExponentsTogether()
    {
        var planes = new byte[4];

        // -1 and 2 in BF16: a sign and seven bits of mantissa below eight of exponent.
        BytePlanes.Split([0x80, 0xBF, 0x00, 0x40], 2, 1, planes);

        Assert.Equal([0x01, 0x00, 0x7F, 0x80], planes);
    }

    [Fact]
    public void Join_RotatedPlanes_IsTheMirrorOfSplit() => Properties.ForSeeds(100, random =>
    {
        var size = 2 << random.Next(3);
        var (units, rotation) = (new byte[random.Next(300) * size], random.Next(8 * size));
        random.NextBytes(units);
        var (planes, again) = (new byte[units.Length], new byte[units.Length]);
        BytePlanes.Split(units, size, rotation, planes);
        BytePlanes.Join(planes, size, rotation, again);

        Assert.Equal(units, again);
    });
}

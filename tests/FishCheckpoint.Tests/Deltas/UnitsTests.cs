using FishCheckpoint.Deltas;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Deltas;

public sealed class UnitsTests
{
    [Fact]
    public void Scatter_WhatGatherTook_IsTheMirror() => Properties.ForSeeds(100, random =>
    {
        var size = 1 << random.Next(4);
        var (units, origin) = (random.Next(1, 500), random.NextInt64(1L << 50));
        var state = new byte[units * size];
        random.NextBytes(state);
        var positions = Properties.Positions(random, random.Next(units + 1), units).Select(position => position + origin).ToArray();
        var values = new byte[positions.Length * size];
        Units.Gather(state, positions, origin, size, values);
        for (var index = 0; index < positions.Length; index++)
        {
            Assert.Equal(state.AsSpan((int)(positions[index] - origin) * size, size), values.AsSpan(index * size, size));
        }

        var other = new byte[state.Length];
        Units.Scatter(other, positions, origin, size, values);
        for (var unit = 0; unit < units; unit++)
        {
            var expected = positions.Contains(unit + origin) ? state.AsSpan(unit * size, size) : new byte[size];
            Assert.Equal(expected, other.AsSpan(unit * size, size));
        }
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    public void Gather_PositionOutside_Throws(long position) =>
        Assert.ThrowsAny<Exception>(() => Units.Gather(new byte[16], [position], 0, 4, new byte[4]));

    [Theory]
    [InlineData(-1)]
    [InlineData(4)]
    [InlineData(1L << 32)]
    public void Scatter_PositionOutside_Throws(long position) =>
        Assert.ThrowsAny<Exception>(() => Units.Scatter(new byte[16], [position], 0, 4, new byte[4]));

    [Fact]
    public void Gather_UnknownUnitSize_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Units.Gather([], [], 0, 3, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => Units.Scatter([], [], 0, 16, []));
    }
}

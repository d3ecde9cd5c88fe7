using FishCheckpoint.Codec;
using FishCheckpoint.Tensors;
using FishCheckpoint.Tests.Support;
using Xunit;

namespace FishCheckpoint.Tests.Codec;

public sealed class ValueMapsTests
{
    [Fact]
    public void Map_EveryLengthAndAlignment_IsTheOraclesXorAndItsOwnMirror()
    {
        var random = new Random(1);
        for (var length = 0; length < 70; length++)
        {
            for (var alignment = 0; alignment < 8; alignment++)
            {
                var (values, parent) = (new byte[length + alignment], new byte[length + alignment + 3]);
                random.NextBytes(values);
                random.NextBytes(parent);
                var mapped = values.ToArray();

                ValueMaps.Map(ValueMap.Xor, DType.U8, mapped.AsSpan(alignment), parent.AsSpan(alignment));
                Assert.Equal(values.Select((value, index) => index < alignment ? value : (byte)(value ^ parent[index])), mapped);

                ValueMaps.Unmap(ValueMap.Xor, DType.U8, mapped.AsSpan(alignment), parent.AsSpan(alignment), mapped.AsSpan(alignment));
                Assert.Equal(values, mapped);
            }
        }
    }

    [Fact]
    public void Map_Plain_ChangesNothing()
    {
        byte[] values = [1, 2, 3];
        ValueMaps.Map(ValueMap.Plain, DType.U8, values, default);

        Assert.Equal([1, 2, 3], values);
    }

    [Fact]
    public void Apply_AnyMapAndType_TurnsTheParentIntoTheNewState() => Properties.ForSeeds(100, random =>
    {
        var type = DTypes.All.ElementAt(random.Next(DTypes.All.Count()));
        var size = DTypes.UnitSizeOf(type);
        var (units, origin) = (random.Next(1, 200), random.NextInt64(1L << 40));
        var (parent, values) = (new byte[units * size], new byte[units * size]);
        random.NextBytes(parent);
        random.NextBytes(values);
        var positions = Properties.Positions(random, random.Next(units + 1), units);
        values = values[..(positions.Length * size)];
        var expected = parent.ToArray();
        for (var index = 0; index < positions.Length; index++)
        {
            values.AsSpan(index * size, size).CopyTo(expected.AsSpan((int)positions[index] * size));
        }

        foreach (var map in new[] { ValueMap.Plain, ValueMap.Xor, ValueMap.Distance })
        {
            var (state, mapped) = (parent.ToArray(), values.ToArray());
            var others = positions.SelectMany(position => parent.Skip((int)position * size).Take(size)).ToArray();
            ValueMaps.Map(map, type, mapped, others);
            ValueMaps.Apply(map, type, state, [.. positions.Select(position => position + origin)], origin, mapped);
            Assert.Equal(expected, state);
        }
    });

    [Theory]
    [InlineData(nameof(ValueMap.Plain))]
    [InlineData(nameof(ValueMap.Xor))]
    [InlineData(nameof(ValueMap.Distance))]
    public void Apply_PositionOutside_Throws(string map) => Assert.All(
        new[] { -1, 4, 1L << 32, (1L << 32) + 1 },
        position => Assert.ThrowsAny<Exception>(() =>
            ValueMaps.Apply(Enum.Parse<ValueMap>(map), DType.F32, new byte[16], [position], 0, new byte[4])));
}
